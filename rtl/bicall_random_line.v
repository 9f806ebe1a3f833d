// SPDX-License-Identifier: Apache-2.0
// bicall_random_line: the words of bicall_random for one tick after the other, one a cycle.
//
// For a trace x with stochastic decay: a row that was silent for long needs a word for each tick, and this makes such a
// tick as quick as one without a word. Two rounds of Speck64 a stage. What has been asked for comes in order; `forget`
// drops all that is on its way, also what is asked for in the same cycle.
//
// Latency:    BICALL_RANDOM_ROUNDS / 2 cycles from `ask` to `comes`. Throughput: a word a cycle.

`include "bicall_constants.vh"

`default_nettype none
module bicall_random_line (
    input  wire        clk,
    input  wire        rst,
    input  wire        forget,
    input  wire        ask,
    input  wire [31:0] seed,
    input  wire [3:0]  stream,  // what the number is for: BICALL_STREAM_...
    input  wire [27:0] index,
    input  wire [31:0] tick,
    output wire        comes,
    output wire [31:0] word
);
    localparam STAGES = `BICALL_RANDOM_ROUNDS / 2;
    wire [32*(STAGES+1)-1:0] x, y;
    reg  [STAGES:1] asked;
    assign x[31:0] = tick;
    assign y[31:0] = {stream, index};
    assign comes = asked[STAGES];
    assign word = y[32*STAGES +: 32];

    genvar s;
    generate
        for (s = 0; s < STAGES; s = s + 1) begin : stage
            localparam [31:0] TURN = 2 * s * `BICALL_RANDOM_KEY_STEP, NEXT_TURN = TURN + `BICALL_RANDOM_KEY_STEP;
            wire [31:0] from_x = x[32*s +: 32], from_y = y[32*s +: 32];
            wire [31:0] mixed = ({from_x[7:0], from_x[31:8]} + from_y) ^ (seed + TURN);
            wire [31:0] turned = {from_y[28:0], from_y[31:29]} ^ mixed;
            wire [31:0] mixed_again = ({mixed[7:0], mixed[31:8]} + turned) ^ (seed + NEXT_TURN);
            reg  [31:0] to_x, to_y;
            always @(posedge clk) begin
                to_x <= mixed_again;
                to_y <= {turned[28:0], turned[31:29]} ^ mixed_again;
            end
            assign x[32*(s+1) +: 32] = to_x;
            assign y[32*(s+1) +: 32] = to_y;
        end
    endgenerate
    always @(posedge clk)
        if (rst || forget) asked <= 0;
        else asked <= {asked[STAGES-1:1], ask};

    wire _unused = &{1'b0, x[32*STAGES +: 32]};
endmodule
`default_nettype wire
