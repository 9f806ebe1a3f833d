// SPDX-License-Identifier: Apache-2.0
// bicall_neuron: one tick of a leaky integrate-and-fire neuron, Loihi's, with a floor and a refractory period.
//
//   current  <- leak(current, current_decay) + (arriving << 6), wrapping around at 24 bits
//   membrane <- leak(membrane, membrane_decay) + current, saturating at 24 bits and at the floor, unless refractory
//   a membrane above the threshold fires: the membrane is set to 0 and the refractory period begins
//   leak(v, d) = v * d / 4096, rounded towards 0
//
// Lava's own fixed-point LIF computes the same numbers. Its current may be +2^23 (wrapping begins above), so it has 25
// bits here. |arriving| must be below 2^18: one wrap is then enough. A neuron that waits keeps its membrane: it decays by
// the factor 1, and nothing is added.
//
// Latency:    3 cycles with `advance` from a neuron's state to its outputs, 1 from `arriving`. There is nothing to reset.
// Throughput: one neuron a cycle.

`include "bicall_constants.vh"

`default_nettype none
module bicall_neuron (
    input  wire               clk,
    input  wire               advance,             // else all registers hold
    input  wire signed [24:0] current,
    input  wire signed [23:0] membrane,
    input  wire [7:0]         refractory,          // ticks left without integration
    input  wire signed [18:0] arriving,            // 2 cycles later: sum of the transmitted weights and the teacher's
    input  wire [12:0]        current_decay,       // factor a tick, in 1/4096, at most 4096
    input  wire [12:0]        membrane_decay,      // factor a tick, in 1/4096, at most 4096
    input  wire signed [23:0] membrane_threshold,  // fires above it
    input  wire signed [23:0] membrane_floor,      // lowest membrane
    input  wire [7:0]         refractory_ticks,    // after a spike
    output wire signed [24:0] current_next,
    output wire signed [23:0] membrane_next,
    output wire [7:0]         refractory_next,
    output wire               fired
);
    localparam signed [26:0] LIMIT = 27'sd8388608;  // 2^23

    // first step: magnitudes decay, so that they are rounded towards 0
    reg  [24:0] current_size;
    reg  [23:0] membrane_size;
    reg         current_below, membrane_below;  // 0
    reg         waits;                          // in its refractory period
    reg  [7:0]  refractory_left;                // after this tick, if it does not fire
    always @(posedge clk)
        if (advance) begin
            current_size <= current[24] ? -current : current;
            membrane_size <= membrane[23] ? -membrane : membrane;
            current_below <= current[24];
            membrane_below <= membrane[23];
            waits <= refractory != 8'd0;
            refractory_left <= refractory != 8'd0 ? refractory - 8'd1 : 8'd0;
        end

    // second step: the products
    wire [37:0] current_product = current_size * current_decay;
    wire [12:0] membrane_factor = waits ? 13'd4096 : membrane_decay;
    wire [36:0] membrane_product = membrane_size * membrane_factor;
    reg  signed [26:0] current_kept;
    reg  signed [25:0] membrane_kept;
    reg         kept_current_below, kept_membrane_below, kept_waits;
    reg  [7:0]  kept_refractory;
    always @(posedge clk)
        if (advance) begin
            current_kept <= $signed({1'b0, current_product[37:12]});
            membrane_kept <= $signed({1'b0, membrane_product[36:12]});
            kept_current_below <= current_below;
            kept_membrane_below <= membrane_below;
            kept_waits <= waits;
            kept_refractory <= refractory_left;
        end

    // third step: the current wraps around
    wire signed [26:0] current_left = kept_current_below ? -current_kept : current_kept;
    wire signed [26:0] current_sum = current_left + $signed({{2{arriving[18]}}, arriving, 6'b000000});
    wire signed [26:0] wrapped =
        (current_sum > LIMIT) ? current_sum - 2 * LIMIT : (current_sum <= -LIMIT) ? current_sum + 2 * LIMIT : current_sum;
    reg  signed [24:0] pushed;
    reg  signed [25:0] membrane_left;
    reg         left_waits;
    reg  [7:0]  left_refractory;
    always @(posedge clk)
        if (advance) begin
            pushed <= wrapped[24:0];
            membrane_left <= kept_membrane_below ? -membrane_kept : membrane_kept;
            left_waits <= kept_waits;
            left_refractory <= kept_refractory;
        end
    assign current_next = pushed;

    // the membrane saturates
    wire signed [26:0] membrane_sum = $signed({membrane_left[25], membrane_left}) + $signed({{2{pushed[24]}}, pushed});
    wire signed [26:0] clipped =
        (membrane_sum > LIMIT - 1) ? LIMIT - 1 : (membrane_sum < 1 - LIMIT) ? 1 - LIMIT : membrane_sum;
    wire signed [23:0] saturated = clipped[23:0];
    wire signed [23:0] floored = (saturated < membrane_floor) ? membrane_floor : saturated;
    wire signed [23:0] integrated = left_waits ? membrane_left[23:0] : floored;
    // integrated > membrane_threshold, without waiting for which of the three it is
    assign fired = left_waits ? $signed(membrane_left[23:0]) > membrane_threshold :
                   saturated > membrane_threshold || membrane_floor > membrane_threshold;
    assign membrane_next = fired ? 24'sd0 : integrated;
    assign refractory_next = fired ? refractory_ticks : left_refractory;

    wire _unused = &{1'b0, current_product, membrane_product, wrapped, clipped};
endmodule
`default_nettype wire
