// bicall_synapse computes the specification's formula, for all inputs: so h saturates and never wraps around.
module synapse_proof #(
    parameter H_BITS = 8,
    parameter STEP_FRACTION_BITS = 8,
    parameter ROUNDING = 2
) (
    input wire [H_BITS-1:0] h, drift_up, drift_down,
    input wire learn,
    input wire signed [H_BITS+STEP_FRACTION_BITS:0] step,
    input wire [15:0] row_word, column_turn
);
    wire w;
    wire [H_BITS-1:0] h_next;
    bicall_synapse #(
        .H_BITS(H_BITS), .STEP_FRACTION_BITS(STEP_FRACTION_BITS), .ROUNDING(ROUNDING)
    ) circuit (.*);

    // the formula in wide signed arithmetic
    localparam signed [39:0] FULL = (1 << H_BITS) - 1;
    wire signed [39:0] wide_h = {32'd0, h}, up = {32'd0, drift_up}, down = {32'd0, drift_down}, wide_step = step;
    wire signed [39:0] moved = wide_h > FULL / 2 ? wide_h + up : wide_h - down;
    wire signed [39:0] drifted = moved > FULL ? FULL : moved < 0 ? 40'sd0 : moved;
    wire [15:0] turned = row_word + column_turn;
    wire signed [39:0] noise = ROUNDING == 2 ? {24'd0, turned} >> (16 - STEP_FRACTION_BITS) :
                               ROUNDING == 1 ? (40'd1 << STEP_FRACTION_BITS) >> 1 : 40'd0;
    wire signed [39:0] rounded = (wide_step + noise) >>> STEP_FRACTION_BITS;
    wire signed [39:0] stepped = drifted + rounded;
    wire signed [39:0] learned = stepped > FULL ? FULL : stepped < 0 ? 40'sd0 : stepped;

    always @* begin
        assert (w == (wide_h > FULL / 2));
        assert (w == (drifted > FULL / 2));  // drift never changes the transmitted bit
        assert ({32'd0, h_next} == (learn ? learned : drifted));
    end
endmodule
