// SPDX-License-Identifier: Apache-2.0
// bicall_drift: any number of drift steps at once.
//
// Drift moves h away from theta_w, so n steps are one of n times the size, saturated at full scale: then bicall_synapse
// brings h to the end. Works on what all synapses of a row share.
//
// Latency:    0, combinational. Throughput: one a cycle.
// Parameters: H_BITS  width of h, in bits, 2 to 16

`include "bicall_constants.vh"

`default_nettype none
module bicall_drift #(
    parameter H_BITS = `BICALL_H_BITS
) (
    input  wire [31:0]       steps,       // drift ticks to catch up
    input  wire [H_BITS-1:0] drift_up,    // of one step, if h is high
    input  wire [H_BITS-1:0] drift_down,  // of one step, if h is low
    output wire [H_BITS-1:0] up,
    output wire [H_BITS-1:0] down
);
    // more steps than full scale come to no more than full scale
    wire [H_BITS-1:0] counted = |steps[31:H_BITS] ? {H_BITS{1'b1}} : steps[H_BITS-1:0];
    wire [2*H_BITS-1:0] up_sum = counted * drift_up, down_sum = counted * drift_down;
    assign up = |up_sum[2*H_BITS-1:H_BITS] ? {H_BITS{1'b1}} : up_sum[H_BITS-1:0];
    assign down = |down_sum[2*H_BITS-1:H_BITS] ? {H_BITS{1'b1}} : down_sum[H_BITS-1:0];
endmodule
`default_nettype wire
