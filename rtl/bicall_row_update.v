// SPDX-License-Identifier: Apache-2.0
// bicall_row_update: brings the synapses of one row up to date and transmits them.
//
// Holds h, in a memory that is read and written by row only: a row is GROUPS words of LANES synapses. bicall_catch_up first
// leaves a list of items here, the same for all synapses of the row. Then, from `start` on, each word is read, each of the
// LANES circuits applies one item a cycle, and the word is written back if an item may have changed it. All items but the
// last are ticks with postsynaptic spikes: the lanes that the archive names learn. The last brings the row up to now; if it
// comes with a presynaptic spike, the lanes in `depressed` learn. While the last item is applied to a word, the next word
// is read; memories are followed by registers (`h_word`, and those of the item).
//
// Latency:    GROUPS * (items + 1) + 1 cycles from `start` to `done`. Throughput: one row at a time.
// Parameters: AXONS, GROUPS, LANES  rows, words a row, synapses a word
//             DEPTH                 entries of the archive; the list holds one item more
//             SPARSE                1: a word has a bit a synapse above its h, whether it exists; 0: all do
//             IMAGE                 file for $readmemh with the first h, a word a line; none: the host writes h
//             widths in bits and roundings as in bicall_constants.vh

`include "bicall_constants.vh"

`default_nettype none
module bicall_row_update #(
    parameter AXONS = 256,
    parameter GROUPS = 16,
    parameter LANES = 16,
    parameter DEPTH = 32,
    parameter SPARSE = 0,
    parameter IMAGE = "",
    parameter H_BITS = `BICALL_H_BITS,
    parameter STEP_FRACTION_BITS = `BICALL_STEP_FRACTION_BITS,
    parameter H_ROUNDING = `BICALL_H_ROUNDING,
    parameter GROUP_BITS = (GROUPS > 1) ? $clog2(GROUPS) : 1,
    parameter LANE_BITS = (LANES > 1) ? $clog2(LANES) : 1,
    parameter ENTRY_BITS = $clog2(DEPTH),
    parameter PLACE_BITS = (AXONS * GROUPS > 1) ? $clog2(AXONS * GROUPS) : 1,
    parameter STEP_BITS = H_BITS + STEP_FRACTION_BITS + 1,
    parameter ITEM_BITS = 2 * H_BITS + STEP_BITS + 16
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire                  start,
    input  wire                  spike,           // the row is transmitted and depressed, not only brought up to date
    input  wire [PLACE_BITS-1:0] row_place,       // of the row's first word
    input  wire [15:0]           column_turn,     // of the first column: its number * BICALL_COLUMN_STEP, modulo 2^16
    output wire                  done,

    // the list of items; an item is {drift_up, drift_down, step, row_word}
    input  wire                  item_write,
    input  wire [ENTRY_BITS:0]   item_address,
    input  wire [ITEM_BITS-1:0]  item,
    input  wire [ENTRY_BITS:0]   items,           // how many there are

    // the group of neurons that the word belongs to, and the one of the word that is read
    output reg  [GROUP_BITS-1:0] group /* verilator public_flat_rd */,
    output wire                  group_read,
    output wire [GROUP_BITS-1:0] read_group,
    input  wire [LANES-1:0]      depressed,       // in the cycle after group_read, until the next
    output wire                  group_transmits,
    output wire [LANES-1:0]      w,
    output wire [LANES-1:0]      exists,          // a synapse that does not has h = 0 and does not learn

    // the archive of postsynaptic spikes; lanes of read_group come in the next cycle
    input  wire [ENTRY_BITS-1:0] first_entry,     // that the row has not seen
    output wire                  fired_read,
    output wire [ENTRY_BITS-1:0] fired_entry,
    input  wire [LANES-1:0]      fired_lanes,

    output wire                  word_written,    // for counting

    // the host, while nothing else happens: a read, then in the next cycle the value and perhaps a write
    input  wire                  host_read,
    input  wire                  host_write,
    input  wire [PLACE_BITS-1:0] host_place,
    input  wire [LANE_BITS-1:0]  host_lane,
    input  wire [H_BITS:0]       host_write_h,    // its top bit: the synapse exists
    output wire [H_BITS:0]       host_h
);
    localparam [1:0] REST = 0, READ = 1, LOAD = 2, APPLY = 3;
    localparam [31:0] LAST_GROUP = GROUPS - 1;
    localparam [31:0] GROUP_TURN = LANES * `BICALL_COLUMN_STEP;
    reg [1:0] state;

    // ---------------------------------------------------------------------------------------------- items
    // an item is fetched, then in a register, then applied
    reg  [ENTRY_BITS:0]  k;  // the item that is applied
    wire [ENTRY_BITS:0]  k_loaded = state == APPLY ? k + 1'b1 : {(ENTRY_BITS+1){1'b0}};
    wire [ENTRY_BITS:0]  k_fetched = state == READ || group_done ? {(ENTRY_BITS+1){1'b0}} : k_loaded + 1'b1;
    wire [ITEM_BITS-1:0] loaded;
    bicall_memory #(.BITS(ITEM_BITS), .WORDS(2 * DEPTH)) item_words (
        .clk(clk), .read(fired_read), .read_address(k_fetched), .read_data(loaded),
        .write(item_write), .write_address(item_address), .write_data(item)
    );
    assign fired_read = state != REST;
    assign fired_entry = first_entry + k_fetched[ENTRY_BITS-1:0];
    wire [ENTRY_BITS:0] k_last = items - 1'b1;
    wire last_item = k == k_last;

    reg  [15:0] group_turn;
    reg  [H_BITS-1:0] drift_up, drift_down;
    reg  [STEP_BITS-1:0] step;
    reg  [15:0] group_word;  // the row's random word, turned by the group's first column
    reg  [LANES-1:0] learning_lanes;
    always @(posedge clk) begin
        {drift_up, drift_down, step} <= loaded[ITEM_BITS-1:16];
        group_word <= loaded[15:0] + group_turn;
        learning_lanes <= k_loaded != k_last ? fired_lanes : spike ? depressed : {LANES{1'b0}};
    end

    // ---------------------------------------------------------------------------------------------- words of h
    wire last_group = group == LAST_GROUP[GROUP_BITS-1:0];
    wire group_done /* verilator public_flat_rd */ = state == APPLY && last_item;
    assign group_read = state == READ || (group_done && !last_group);
    assign read_group = group_done ? group + 1'b1 : group;
    assign group_transmits = group_done && spike;
    assign done = group_done && last_group;

    reg  touched;  // an item before this one may have changed the word
    wire [LANES-1:0] learns = learning_lanes & exists;
    wire touches = |{drift_up, drift_down, learns};
    assign word_written = group_done && (touched || touches);

    wire [PLACE_BITS-1:0]   place = row_place + {{(PLACE_BITS-GROUP_BITS){1'b0}}, group};
    wire [PLACE_BITS-1:0]   read_place = row_place + {{(PLACE_BITS-GROUP_BITS){1'b0}}, read_group};
    localparam WORD_BITS = LANES * (H_BITS + SPARSE);
    wire [WORD_BITS-1:0]    read_word;
    wire [LANES*H_BITS-1:0] h_read = read_word[LANES*H_BITS-1:0];
    reg  [LANES*H_BITS-1:0] h_word;  // after the items so far
    wire [LANES*H_BITS-1:0] h_next /* verilator public_flat_rd */;
    reg  [LANES*H_BITS-1:0] h_written;
    wire [WORD_BITS-1:0]    written_word;
    bicall_memory #(.BITS(WORD_BITS), .WORDS(AXONS * GROUPS), .IMAGE(IMAGE)) h_words (
        .clk(clk), .read(group_read || host_read), .read_address(host_read ? host_place : read_place),
        .read_data(read_word), .write(word_written || host_write), .write_address(host_write ? host_place : place),
        .write_data(written_word)
    );
    always @* begin
        h_written = h_next;
        if (host_write) begin
            h_written = h_read;
            h_written[host_lane*H_BITS +: H_BITS] = host_write_h[H_BITS-1:0];
        end
    end
    generate
        if (SPARSE == 1) begin : sparse
            wire [LANES-1:0] existing = read_word[LANES*H_BITS +: LANES];
            wire [LANES-1:0] host_bit = {{(LANES-1){1'b0}}, 1'b1} << host_lane;
            reg  [LANES-1:0] word_exists;  // of the word that is worked on
            always @(posedge clk) if (state == LOAD) word_exists <= existing;
            assign exists = word_exists;
            assign host_h = {existing[host_lane], h_read[host_lane*H_BITS +: H_BITS]};
            assign written_word = {
                !host_write ? exists : host_write_h[H_BITS] ? existing | host_bit : existing & ~host_bit, h_written
            };
        end else begin : dense
            assign exists = {LANES{1'b1}};
            assign host_h = {1'b0, h_read[host_lane*H_BITS +: H_BITS]};
            assign written_word = h_written;
            wire _unused = &{1'b0, host_write_h[H_BITS]};
        end
    endgenerate

    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : lane
            localparam [31:0] TURN = l * `BICALL_COLUMN_STEP;
            bicall_synapse #(
                .H_BITS(H_BITS), .STEP_FRACTION_BITS(STEP_FRACTION_BITS), .ROUNDING(H_ROUNDING)
            ) synapse (
                .h(h_word[l*H_BITS +: H_BITS]), .drift_up(drift_up), .drift_down(drift_down),
                .learn(learns[l]), .step(step), .row_word(group_word), .column_turn(TURN[15:0]),
                .w(w[l]), .h_next(h_next[l*H_BITS +: H_BITS])
            );
        end
    endgenerate

    always @(posedge clk) begin
        case (state)
            REST: begin
                group <= 0;
                group_turn <= column_turn;
                if (start) state <= READ;
            end
            READ: state <= LOAD;
            LOAD: begin
                k <= 0;
                touched <= 1'b0;
                h_word <= h_read;
                state <= APPLY;
            end
            default: begin  // APPLY
                k <= k_loaded;
                h_word <= h_next;
                touched <= touched || touches;
                if (last_item) begin
                    group <= read_group;
                    group_turn <= group_turn + GROUP_TURN[15:0];
                    state <= last_group ? REST : LOAD;
                end
            end
        endcase
        if (rst) state <= REST;
    end
endmodule
`default_nettype wire
