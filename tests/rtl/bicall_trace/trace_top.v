// bicall_trace with another name for its port `trace`, which is taken in a Verilated top.
module trace_top #(parameter BITS = 12, parameter ROUNDING = 0) (
    input wire [BITS-1:0] value, input wire [12:0] decay, input wire [12:0] bump, input wire [15:0] random,
    input wire bumps, output wire [BITS-1:0] next
);
    bicall_trace #(.BITS(BITS), .ROUNDING(ROUNDING)) circuit (
        .trace(value), .decay(decay), .bump(bump), .random(random), .bumps(bumps), .next(next)
    );
endmodule
