// bicall_trace computes its formulas; a decay never raises a trace, a bump never lowers it nor passes full scale; 0 stays 0 without a bump.
module trace_proof #(parameter BITS = 8, parameter ROUNDING = 2) (
    input wire [BITS-1:0] trace, input wire [12:0] decay, bump, input wire [15:0] random
);
    wire [BITS-1:0] decayed, bumped;
    bicall_trace #(.BITS(BITS), .ROUNDING(ROUNDING)) decays (.bumps(1'b0), .next(decayed), .*);
    bicall_trace #(.BITS(BITS), .ROUNDING(ROUNDING)) bumps (.bumps(1'b1), .next(bumped), .*);
    wire [BITS+13:0] wide = trace + ((({BITS{1'b1}} - trace) * {{BITS{1'b0}}, bump}) >> 12);
    wire [11:0] noise = ROUNDING == 2 ? random[15:4] : ROUNDING == 1 ? 12'd2048 : 12'd0;
    wire [BITS+13:0] product = {{14{1'b0}}, trace} * decay + noise;
    always @* begin
        assert (decayed == product >> 12);
        assume (decay <= 4096 && bump <= 4096);
        assert (decayed <= trace);
        assert (bumped >= trace);
        assert (wide == {14'd0, bumped});  // nothing was cut off
        if (trace == 0) assert (decayed == 0);
    end
endmodule
