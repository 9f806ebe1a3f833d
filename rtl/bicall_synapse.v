// SPDX-License-Identifier: Apache-2.0
// bicall_synapse: the update circuit of one synapse.
//
// Applies one item of work to a hidden weight h, in the order of the tick contract: drift towards the nearer end, then,
// if asked for, a learning step. What all synapses of a row share is computed once, outside: the drift of n drift ticks
// (n times the drift step, saturated) and the step (c_p x + c_d2 [x < theta_i], or c_d1). So one item brings h over any
// number of ticks up to and including one learning step.
//
//   drifted = h > theta_w ? min(h + drift_up, full scale) : max(h - drift_down, 0)
//   h_next  = learn ? clip(drifted + ((step + noise) >>> STEP_FRACTION_BITS), 0, full scale) : drifted
//   w       = h > theta_w = top bit of h. Drift moves away from theta_w, so w is also the top bit of `drifted`.
//
// The noise is 0 (truncate), half of h's last bit (nearest), or the row's random word turned by the column (stochastic).
//
// Latency:    0, combinational. Throughput: one item a cycle.
// Parameters: H_BITS              width of h, in bits, 2 to 16
//             STEP_FRACTION_BITS  binary places of a step below h's last bit, 0 to 12
//             ROUNDING            of a step to h's last bit: 0 truncate, 1 nearest, 2 stochastic

`include "bicall_constants.vh"

`default_nettype none
module bicall_synapse #(
    parameter H_BITS = `BICALL_H_BITS,
    parameter STEP_FRACTION_BITS = `BICALL_STEP_FRACTION_BITS,
    parameter ROUNDING = `BICALL_H_ROUNDING
) (
    input  wire [H_BITS-1:0]                         h,
    input  wire [H_BITS-1:0]                         drift_up,     // if h is high; 0: no drift
    input  wire [H_BITS-1:0]                         drift_down,   // if h is low; 0: no drift
    input  wire                                      learn,        // whether the step is made
    input  wire signed [H_BITS+STEP_FRACTION_BITS:0] step,         // in units of h's last bit / 2^STEP_FRACTION_BITS
    input  wire [15:0]                               row_word,     // random, one a row and tick
    input  wire [15:0]                               column_turn,  // column * BICALL_COLUMN_STEP, modulo 2^16
    output wire                                      w,
    output wire [H_BITS-1:0]                         h_next
);
    generate
        if (H_BITS < 2 || H_BITS > 16) begin : refused_h_bits
            H_BITS_must_be_from_2_to_16 refused ();
        end
        if (STEP_FRACTION_BITS < 0 || STEP_FRACTION_BITS > 12) begin : refused_step_fraction_bits
            STEP_FRACTION_BITS_must_be_from_0_to_12 refused ();
        end
        if (ROUNDING < 0 || ROUNDING > 2) begin : refused_rounding
            H_ROUNDING_must_be_0_truncate_1_nearest_or_2_stochastic refused ();
        end
    endgenerate

    // one adder drifts both ways: h - down is h + ~down + 1, whose carry says that it did not fall below 0
    assign w = h[H_BITS-1];
    wire [H_BITS-1:0] drift = w ? drift_up : ~drift_down;
    wire [H_BITS:0]   moved = {1'b0, h} + {1'b0, drift} + {{H_BITS{1'b0}}, !w};
    wire [H_BITS-1:0] drifted = (moved[H_BITS] == w) ? {H_BITS{w}} : moved[H_BITS-1:0];

    // the noise is the top STEP_FRACTION_BITS of 16 bits; the 0 above them keeps the slice from being empty
    wire [15:0] turned = (ROUNDING == 2) ? row_word + column_turn : (ROUNDING == 1) ? 16'h8000 : 16'h0000;
    wire [STEP_FRACTION_BITS+16:0] raised = {{(STEP_FRACTION_BITS+1){1'b0}}, turned} << STEP_FRACTION_BITS;
    wire [STEP_FRACTION_BITS:0] noise = raised[STEP_FRACTION_BITS+16:16];

    // h's last bit stands at STEP_FRACTION_BITS; two bits above h tell which end was passed
    wire signed [H_BITS+STEP_FRACTION_BITS+1:0] sum =
        {2'b00, drifted, {STEP_FRACTION_BITS{1'b0}}} + {step[H_BITS+STEP_FRACTION_BITS], step}
        + {{(H_BITS+1){1'b0}}, noise};
    wire [H_BITS+1:0] stepped = sum[H_BITS+STEP_FRACTION_BITS+1:STEP_FRACTION_BITS];
    wire [H_BITS-1:0] learned =
        stepped[H_BITS+1] ? {H_BITS{1'b0}} : stepped[H_BITS] ? {H_BITS{1'b1}} : stepped[H_BITS-1:0];

    assign h_next = learn ? learned : drifted;

    // the bits that rounding drops
    wire _unused = &{1'b0, raised, sum, row_word, column_turn};
endmodule
`default_nettype wire
