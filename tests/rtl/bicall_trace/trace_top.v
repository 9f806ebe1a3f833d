// bicall_trace with another name for its port `trace`, which is taken in a Verilated top.
module trace_top #(parameter BITS = 12, parameter ROUNDING = 0) (
    input wire [BITS-1:0] value, input wire [12:0] decay, input wire [12:0] bump, input wire [15:0] random,
    output wire [BITS-1:0] decayed, output wire [BITS-1:0] bumped
);
    bicall_trace #(.BITS(BITS), .ROUNDING(ROUNDING)) circuit (
        .trace(value), .decay(decay), .bump(bump), .random(random), .decayed(decayed), .bumped(bumped)
    );
endmodule
