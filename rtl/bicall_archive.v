// SPDX-License-Identifier: Apache-2.0
// bicall_archive: the postsynaptic spikes that no row of synapses may forget.
//
// An entry stands for a tick in which at least one neuron with an open gate fired: the tick, the number of drift ticks
// until then, the sample, and one bit a neuron, in groups of LANES. Rows read it when they catch
// up; how far a row has come is kept with the row. Entries leave all at once, when a sweep has brought every row up to
// date (`clear`). The groups' bits of the entry to come are written first, then `append` makes it count.
// The core sweeps as soon as the archive is full, so no spike is ever lost.
//
// Latency:    reads come in the next cycle. Throughput: one access of each kind a cycle.
// Parameters: DEPTH   entries
//             GROUPS  groups of neurons
//             LANES   neurons of a group

`default_nettype none
module bicall_archive #(
    parameter DEPTH = 32,
    parameter GROUPS = 16,
    parameter LANES = 16,
    parameter ENTRY_BITS = $clog2(DEPTH),
    parameter GROUP_BITS = (GROUPS > 1) ? $clog2(GROUPS) : 1
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire                  clear,
    input  wire                  append,
    input  wire [71:0]           append_entry,
    input  wire                  fired_write,
    input  wire [GROUP_BITS-1:0] fired_write_group,
    input  wire [LANES-1:0]      fired_write_lanes,
    output reg  [ENTRY_BITS:0]   entries,
    input  wire                  entry_read,
    input  wire [ENTRY_BITS-1:0] entry_address,
    output wire [71:0]           entry,  // tick, drift ticks, sample
    input  wire                  fired_read,
    input  wire [ENTRY_BITS-1:0] fired_entry,
    input  wire [GROUP_BITS-1:0] fired_group,
    output wire [LANES-1:0]      fired_lanes
);
    localparam ADDRESS_BITS = $clog2(DEPTH * GROUPS);

    bicall_memory #(.BITS(72), .WORDS(DEPTH)) ticks (
        .clk(clk), .read(entry_read), .read_address(entry_address), .read_data(entry),
        .write(append), .write_address(entries[ENTRY_BITS-1:0]), .write_data(append_entry)
    );

    localparam [31:0] GROUPS_AN_ENTRY = GROUPS;
    wire [ADDRESS_BITS-1:0] read_place = {{(ADDRESS_BITS-ENTRY_BITS){1'b0}}, fired_entry} * GROUPS_AN_ENTRY[ADDRESS_BITS-1:0]
                                         + {{(ADDRESS_BITS-GROUP_BITS){1'b0}}, fired_group};
    wire [ADDRESS_BITS-1:0] write_place =
        {{(ADDRESS_BITS-ENTRY_BITS){1'b0}}, entries[ENTRY_BITS-1:0]} * GROUPS_AN_ENTRY[ADDRESS_BITS-1:0]
        + {{(ADDRESS_BITS-GROUP_BITS){1'b0}}, fired_write_group};
    bicall_memory #(.BITS(LANES), .WORDS(DEPTH * GROUPS)) fired (
        .clk(clk), .read(fired_read), .read_address(read_place), .read_data(fired_lanes),
        .write(fired_write), .write_address(write_place), .write_data(fired_write_lanes)
    );

    always @(posedge clk)
        if (rst || clear) entries <= 0;
        else if (append) entries <= entries + 1'b1;
endmodule
`default_nettype wire
