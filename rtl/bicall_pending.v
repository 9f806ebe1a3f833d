// SPDX-License-Identifier: Apache-2.0
// bicall_pending: what has arrived at a tile and waits for its tick: a bit for each axon and each neuron, a bitmap a tick.
//
// An axon spikes once a tick at most, and a neuron has one direct event a tick at most, so what waits for SLOTS ticks is
// SLOTS bitmaps, and there is always room: whatever arrives is taken within a few cycles. When a tick begins, its bitmap is
// read word by word and cleared; out come the core's events: direct events, axons' spikes, the end of the tick. Meanwhile
// spikes for the ticks after it arrive.
//
// A spike with a number or a delay that is not there is dropped and reported, and a second one of an axon for the same tick
// is reported too (it changes nothing). After a reset, and to forget between samples, all bitmaps are cleared.
//
// Latency:    2 cycles for an arrival; a tick takes 2 cycles a word of 32 axons or neurons, and 1 an event.
// Throughput: an arrival every 2 cycles.
// Parameters: AXONS, NEURONS  of the core
//             SLOTS           bitmaps: the longest delay and one, at least 2

`include "bicall_packets.vh"

`default_nettype none
module bicall_pending #(
    parameter AXONS = 256,
    parameter NEURONS = 256,
    parameter SLOTS = 2
) (
    input  wire        clk,
    input  wire        rst,

    input  wire        set,           // stays until `set_ready`
    output wire        set_ready,
    input  wire        set_direct,    // a direct event, else an axon's spike
    input  wire [7:0]  set_later,     // ticks after the next one to begin
    input  wire [12:0] set_index,
    output wire        out_of_range,  // what is taken now is dropped
    output wire        doubled,       // what is taken now was there

    input  wire        begin_tick,    // only while idle
    input  wire        forget,        // only while idle
    output wire        idle,

    output wire        event_valid,
    input  wire        event_ready,
    output wire [31:0] event_data
);
    generate
        if (AXONS < 1 || AXONS > 8192) begin : refused_axons
            AXONS_must_be_from_1_to_8192 refused ();
        end
        if (NEURONS < 1 || NEURONS > 8192) begin : refused_neurons
            NEURONS_must_be_from_1_to_8192 refused ();
        end
        if (SLOTS < 2 || SLOTS > 256) begin : refused_slots
            SLOTS_must_be_from_2_to_256 refused ();
        end
    endgenerate
    localparam [31:0] NEURON_WORDS = (NEURONS + 31) / 32;
    localparam WORDS = (NEURONS + 31) / 32 + (AXONS + 31) / 32;  // direct events come first
    localparam WORD_BITS = $clog2(WORDS);
    localparam SLOT_BITS = $clog2(SLOTS);
    localparam ADDRESS_BITS = SLOT_BITS + WORD_BITS;
    localparam [31:0] SIZE = SLOTS, LAST_SLOT = SLOTS - 1, LAST_WORD = WORDS - 1;

    localparam [1:0] CLEAR = 0, REST = 1, MODIFY = 2, TAKE = 3;
    reg [1:0]              state;
    reg [ADDRESS_BITS-1:0] cleared;
    reg [SLOT_BITS-1:0]    base;      // the slot of the next tick to begin
    reg [SLOT_BITS-1:0]    running;   // of the tick whose events go out
    reg                    scanning;  // they do
    reg                    read_all;  // all its words are read
    reg [WORD_BITS-1:0]    next_word, word;
    reg [31:0]             left;      // bits of `word` that are still to go out

    // ---------------------------------------------------------------------------------------------- arrivals
    wire [31:0] limit = set_direct ? NEURONS : AXONS;
    wire fits = {19'd0, set_index} < limit && {24'd0, set_later} + 32'd1 < SIZE;
    wire [8:0] later = {1'b0, set_later};
    wire [SLOT_BITS:0] ahead = {1'b0, base} + later[SLOT_BITS:0];
    wire [SLOT_BITS:0] around = ahead - SIZE[SLOT_BITS:0];
    wire wraps = {{(31-SLOT_BITS){1'b0}}, ahead} >= SIZE;
    wire [SLOT_BITS-1:0] set_slot = wraps ? around[SLOT_BITS-1:0] : ahead[SLOT_BITS-1:0];
    wire [31:0] set_word = {24'd0, set_index[12:5]} + (set_direct ? 32'd0 : NEURON_WORDS);
    wire [31:0] set_bit = 32'd1 << set_index[4:0];
    assign out_of_range = state == REST && set && !fits;
    assign set_ready = out_of_range || state == MODIFY;
    assign doubled = state == MODIFY && !set_direct && (word_read & set_bit) != 32'd0;

    // ---------------------------------------------------------------------------------------------- memory
    wire starts_set = state == REST && set && fits;
    wire starts_take = state == REST && !set && scanning && left == 32'd0 && !read_all;
    wire [ADDRESS_BITS-1:0] set_address = {set_slot, set_word[WORD_BITS-1:0]};
    wire [ADDRESS_BITS-1:0] scan_address = {running, next_word};
    wire [31:0] word_read;
    bicall_memory #(.BITS(32), .WORDS(SLOTS << WORD_BITS), .ADDRESS_BITS(ADDRESS_BITS)) bitmaps (
        .clk(clk), .read(starts_set || starts_take), .read_address(starts_set ? set_address : scan_address),
        .read_data(word_read), .write(state == MODIFY || state == TAKE || state == CLEAR),
        .write_address(state == CLEAR ? cleared : state == MODIFY ? set_address : scan_address),
        .write_data(state == MODIFY ? word_read | set_bit : 32'd0)
    );
    localparam [31:0] LAST_ADDRESS = (SLOTS << WORD_BITS) - 1;

    // ---------------------------------------------------------------------------------------------- events
    wire [31:0] lowest = left & (~left + 32'd1);
    wire [4:0] place;
    assign place[4] = (lowest & 32'hFFFF0000) != 32'd0;
    assign place[3] = (lowest & 32'hFF00FF00) != 32'd0;
    assign place[2] = (lowest & 32'hF0F0F0F0) != 32'd0;
    assign place[1] = (lowest & 32'hCCCCCCCC) != 32'd0;
    assign place[0] = (lowest & 32'hAAAAAAAA) != 32'd0;
    wire [31:0] wide_word = {{(32-WORD_BITS){1'b0}}, word};
    wire is_direct = wide_word < NEURON_WORDS;
    wire [31:0] of_kind = is_direct ? wide_word : wide_word - NEURON_WORDS;
    wire ends = scanning && read_all && left == 32'd0 && state != TAKE;
    assign event_valid = left != 32'd0 || ends;
    assign event_data = ends ? 32'h80000000 : {1'b0, is_direct, 17'd0, of_kind[7:0], place};
    assign idle = state == REST && !scanning;
    wire _unused = &{1'b0, of_kind[31:8], set_word[31:WORD_BITS], around[SLOT_BITS], later};

    always @(posedge clk) begin
        case (state)
            CLEAR: begin
                cleared <= cleared + 1'b1;
                if (cleared == LAST_ADDRESS[ADDRESS_BITS-1:0]) state <= REST;
            end
            REST: state <= forget ? CLEAR : starts_set ? MODIFY : starts_take ? TAKE : REST;
            MODIFY: state <= REST;
            default: begin  // TAKE
                left <= word_read;
                word <= next_word;
                next_word <= next_word + 1'b1;
                read_all <= next_word == LAST_WORD[WORD_BITS-1:0];
                state <= REST;
            end
        endcase
        if (event_valid && event_ready) begin
            left <= left & ~lowest;
            if (ends) scanning <= 1'b0;
        end
        if (begin_tick) begin
            scanning <= 1'b1;
            read_all <= 1'b0;
            next_word <= {WORD_BITS{1'b0}};
            running <= base;
            base <= base == LAST_SLOT[SLOT_BITS-1:0] ? {SLOT_BITS{1'b0}} : base + 1'b1;
        end
        if (rst || (forget && state == REST)) cleared <= {ADDRESS_BITS{1'b0}};
        if (rst) begin
            state <= CLEAR;
            base <= {SLOT_BITS{1'b0}};
            scanning <= 1'b0;
            left <= 32'd0;
        end
    end
endmodule
`default_nettype wire
