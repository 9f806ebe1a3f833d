// SPDX-License-Identifier: Apache-2.0
// bicall_random: random numbers that depend only on what they are for.
//
// The block cipher Speck64 (Beaulieu et al. 2013) cut to BICALL_RANDOM_ROUNDS rounds, with a Weyl sequence of the seed as
// round keys. It encrypts tick, index and stream under the seed, as emulator/rule/randomness.py does. For statistics, not for
// secrets.
//
// Latency:    two rounds a cycle. `done` is up for one cycle, BICALL_RANDOM_ROUNDS / 2 cycles after `start`; `word` holds
//             until the next start.
// Throughput: a word every BICALL_RANDOM_ROUNDS / 2 + 1 cycles. A start during a calculation begins anew.

`include "bicall_constants.vh"

`default_nettype none
module bicall_random (
    input  wire        clk,
    input  wire        rst,
    input  wire        start,
    input  wire [31:0] seed,
    input  wire [3:0]  stream,  // what the number is for: BICALL_STREAM_...
    input  wire [27:0] index,   // number of the row or the neuron that asks
    input  wire [31:0] tick,
    output reg         done,
    output wire [31:0] word
);
    generate
        if (`BICALL_RANDOM_ROUNDS % 2 != 0) begin : refused_rounds
            BICALL_RANDOM_ROUNDS_must_be_even refused ();
        end
    endgenerate

    reg [31:0] x, y, key;
    reg [3:0]  left;  // cycles to go

    wire [31:0] mixed = ({x[7:0], x[31:8]} + y) ^ key;
    wire [31:0] turned = {y[28:0], y[31:29]} ^ mixed;
    wire [31:0] mixed_again = ({mixed[7:0], mixed[31:8]} + turned) ^ (key + `BICALL_RANDOM_KEY_STEP);
    assign word = y;

    always @(posedge clk) begin
        done <= 1'b0;
        if (start) begin
            x <= tick;
            y <= {stream, index};
            key <= seed;
            left <= `BICALL_RANDOM_ROUNDS / 2;
        end else if (left != 0) begin
            x <= mixed_again;
            y <= {turned[28:0], turned[31:29]} ^ mixed_again;
            key <= key + 2 * `BICALL_RANDOM_KEY_STEP;
            left <= left - 4'd1;
            done <= left == 4'd1;
        end
        if (rst) begin
            left <= 4'd0;
            done <= 1'b0;
        end
    end
endmodule
`default_nettype wire
