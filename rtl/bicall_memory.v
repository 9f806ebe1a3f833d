// SPDX-License-Identifier: Apache-2.0
// bicall_memory: a memory with one read and one write port that infers block RAM.
//
// What is read in the cycle in which it is written is undefined: no reader may use it. In simulation it is the inverse of
// the old value, so that a reader which does is noticed; synthesis needs no logic around the block RAM to define it.
//
// Latency:    `read_data` comes the cycle after `read` and holds until the next read.
// Throughput: one read and one write a cycle.
// Parameters: BITS   width of a word, in bits
//             WORDS  number of words
//             IMAGE  file for $readmemh that the memory starts from; none: undefined

`default_nettype none
module bicall_memory #(
    parameter BITS = 8,
    parameter WORDS = 256,
    parameter IMAGE = "",
    parameter ADDRESS_BITS = (WORDS > 1) ? $clog2(WORDS) : 1
) (
    input  wire                    clk,
    input  wire                    read,
    input  wire [ADDRESS_BITS-1:0] read_address,
    output reg  [BITS-1:0]         read_data,
    input  wire                    write,
    input  wire [ADDRESS_BITS-1:0] write_address,
    input  wire [BITS-1:0]         write_data
);
    /* verilator coverage_off */  // of the content: what is written and read shows at the ports
    (* no_rw_check *)
    reg [BITS-1:0] words [0:WORDS-1];
    /* verilator coverage_on */

    generate
        if (IMAGE != "") begin : image
            initial $readmemh(IMAGE, words);
        end
    endgenerate

    always @(posedge clk) begin
        if (read) read_data <= words[read_address];
`ifndef SYNTHESIS
        /* verilator coverage_off */  // the core's exercise has none: tests/rtl/bicall_memory
        if (read && write && read_address == write_address) read_data <= ~words[read_address];
        /* verilator coverage_on */
`endif
        if (write) words[write_address] <= write_data;
    end
endmodule
`default_nettype wire
