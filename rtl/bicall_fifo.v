// SPDX-License-Identifier: Apache-2.0
// bicall_fifo: a first-in, first-out buffer between two streams with AXI4-Stream's handshake.
//
// Latency:    1 cycle from empty. Throughput: one word a cycle.
// Parameters: BITS        width of a word, in bits
//             DEPTH_LOG2  base-2 logarithm of the number of words it holds, at least 1

`default_nettype none
module bicall_fifo #(
    parameter BITS = 32,
    parameter DEPTH_LOG2 = 4
) (
    input  wire            clk,
    input  wire            rst,
    input  wire            in_valid,
    output wire            in_ready,
    input  wire [BITS-1:0] in_data,
    output wire            out_valid,
    input  wire            out_ready,
    output wire [BITS-1:0] out_data
`ifdef FORMAL
    ,
    input  wire [DEPTH_LOG2-1:0] peek_ahead,  // for the proof of induction: the word behind this many others
    output wire [BITS-1:0]       peek_data,
    output wire [DEPTH_LOG2:0]   peek_held
`endif
);
    reg [BITS-1:0] words [0:(1<<DEPTH_LOG2)-1];
    reg [DEPTH_LOG2:0] head, tail;  // one bit more than an address, to tell full from empty

    wire [DEPTH_LOG2:0] held = tail - head;
    assign in_ready = !held[DEPTH_LOG2];
    assign out_valid = held != 0;
    assign out_data = words[head[DEPTH_LOG2-1:0]];

`ifdef FORMAL
    wire [DEPTH_LOG2-1:0] peek_place = head[DEPTH_LOG2-1:0] + peek_ahead;
    assign peek_held = held;
    assign peek_data = words[peek_place];
    initial head = 0;
    initial tail = 0;
`endif

    always @(posedge clk) begin
        if (in_valid && in_ready) begin
            words[tail[DEPTH_LOG2-1:0]] <= in_data;
            tail <= tail + 1'b1;
        end
        if (out_valid && out_ready) head <= head + 1'b1;
        if (rst) begin
            head <= 0;
            tail <= 0;
        end
    end
endmodule
`default_nettype wire
