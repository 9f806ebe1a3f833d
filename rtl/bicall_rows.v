// SPDX-License-Identifier: Apache-2.0
// bicall_rows: which row of synapses is brought up to date, and what is known of each: its axon's trace x, and when it was
// last brought up to date (tick, drift ticks until then, sample, entries of the archive that it has seen).
//
// A spike of its axon brings one row up to date, a sweep brings all rows, one after the other. bicall_catch_up finds out
// what there is to do; then bicall_row_update does it, from `walked` until `updated`. A second spike of an axon in one tick
// is dropped. `renumber`, while all rows are up to date, gives all rows the ticks that the host has just written. After a
// hardware reset all rows are cleared first.
//
// Latency:    4 cycles a row, and those of bicall_catch_up and bicall_row_update; 3 cycles a row to renumber.
// Throughput: one row at a time.
// Parameters: AXONS, GROUPS  rows, words a row
//             DEPTH          entries of the archive
//             widths in bits and roundings as in bicall_constants.vh

`include "bicall_constants.vh"
`include "bicall_addresses.vh"

`default_nettype none
module bicall_rows #(
    parameter AXONS = 256,
    parameter GROUPS = 16,
    parameter DEPTH = 32,
    parameter H_BITS = `BICALL_H_BITS,
    parameter STEP_FRACTION_BITS = `BICALL_STEP_FRACTION_BITS,
    parameter X_BITS = `BICALL_X_BITS,
    parameter H_ROUNDING = `BICALL_H_ROUNDING,
    parameter X_ROUNDING = `BICALL_X_ROUNDING,
    parameter AXON_BITS = (AXONS > 1) ? $clog2(AXONS) : 1,
    parameter ENTRY_BITS = $clog2(DEPTH),
    parameter PLACE_BITS = (AXONS * GROUPS > 1) ? $clog2(AXONS * GROUPS) : 1,
    parameter STEP_BITS = H_BITS + STEP_FRACTION_BITS + 1,
    parameter ITEM_BITS = 2 * H_BITS + STEP_BITS + 16
) (
    input  wire                        clk,
    input  wire                        rst,
    output wire                        idle,
    input  wire                        spike,          // starts the row of an axon
    input  wire [AXON_BITS-1:0]        spike_axon,
    input  wire                        sweep,          // starts all rows
    input  wire                        wipe,           // with sweep: x of all rows is 0 afterwards
    input  wire                        renumber,       // starts all rows: they take over tick and drift ticks
    output wire                        transmitted,    // the axon's spike is dealt with
    output wire                        dropped,        // it was the second of its axon in this tick
    output wire                        swept,          // the sweep ends

    // now
    input  wire [31:0]                 tick,
    input  wire [31:0]                 drifts,
    input  wire [7:0]                  sample,
    input  wire [27:0]                 row_base,       // number of the first row in the whole layer
    input  wire                        any_depressed,  // some neuron's synapses would depress

    // the archive
    input  wire [ENTRY_BITS:0]         entries,
    output wire                        entry_read,
    output wire [ENTRY_BITS-1:0]       entry_address,
    input  wire [71:0]                 entry,

    // bicall_row_update
    output wire                        walked,
    output reg                         sweeping /* verilator public_flat_rd */,
    output reg  [PLACE_BITS-1:0]       row_place,
    output wire [ENTRY_BITS-1:0]       first_entry,
    output wire                        item_write,
    output wire [ENTRY_BITS:0]         item_address,
    output wire [ITEM_BITS-1:0]        item,
    output wire [ENTRY_BITS:0]         items,
    input  wire                        updated,

    // constants of the rule
    input  wire [12:0]                 x_decay,
    input  wire [12:0]                 x_bump,
    input  wire [STEP_BITS-1:0]        potentiation,
    input  wire signed [STEP_BITS-1:0] depression_pre,
    input  wire signed [STEP_BITS-1:0] depression_post,
    input  wire [X_BITS-1:0]           pre_threshold,
    input  wire [H_BITS-1:0]           drift_up,
    input  wire [H_BITS-1:0]           drift_down,

    // the random source; the words of x come from a line here
    input  wire [31:0]                 seed,
    output wire                        random_start,
    output wire [3:0]                  random_stream,
    output wire [27:0]                 random_index,
    output wire [31:0]                 random_tick,
    input  wire                        random_done,
    input  wire [15:0]                 random_word,

    // the host, while idle: a read, then in the next cycle the value and perhaps a write of x
    input  wire                        host_read,
    input  wire                        host_write,
    input  wire [AXON_BITS-1:0]        host_row,
    input  wire [1:0]                  host_field,
    input  wire [X_BITS-1:0]           host_write_x,
    output reg  [31:0]                 host_data
);
    localparam [2:0] REST = 0, CLEAR = 1, READ = 2, START = 3, WORK = 4, WRITE = 5;
    localparam ROW_BITS = X_BITS + 72 + ENTRY_BITS + 1;
    localparam [31:0] LAST_ROW = AXONS - 1, WORDS_A_ROW = GROUPS;
    reg [2:0]           state;
    reg [AXON_BITS-1:0] row /* verilator public_flat_rd */;
    reg                 wiping, renumbering;

    wire last_row = row == LAST_ROW[AXON_BITS-1:0];
    assign idle = state == REST;
    assign transmitted = state == WRITE && !sweeping && !renumbering;
    assign swept = state == WRITE && sweeping && last_row;

    wire [X_BITS-1:0]   x_now, row_x;
    wire [31:0]         row_tick, row_drifts;
    wire [7:0]          row_sample;
    wire [ENTRY_BITS:0] row_entry;
    // a sweep leaves the archive empty
    wire [ENTRY_BITS:0]   seen = state == CLEAR || (state == WRITE && sweeping) ? {(ENTRY_BITS+1){1'b0}} : entries;
    wire [X_BITS-1:0]     x_kept = row_sample == sample ? row_x : {X_BITS{1'b0}};
    wire [X_BITS-1:0]     x_written = state == CLEAR ? {X_BITS{1'b0}} : renumbering ? x_kept :
                                      state == WRITE ? x_now : host_write_x;
    bicall_memory #(.BITS(ROW_BITS), .WORDS(AXONS)) rows (
        .clk(clk), .read(state == READ || host_read), .read_address(host_read ? host_row : row),
        .read_data({row_x, row_tick, row_drifts, row_sample, row_entry}),
        .write(state == CLEAR || state == WRITE || host_write), .write_address(host_write ? host_row : row),
        .write_data({x_written, tick, drifts, sample, seen})
    );
    assign first_entry = row_entry[ENTRY_BITS-1:0];
    always @*
        case (host_field)
            `BICALL_ROW_X: host_data = {{(32-X_BITS){1'b0}}, row_x};
            `BICALL_ROW_TICK: host_data = row_tick;
            `BICALL_ROW_DRIFTS: host_data = row_drifts;
            default: host_data = {{(31-ENTRY_BITS){1'b0}}, row_entry};
        endcase

    wire spiking = !sweeping && !renumbering;
    wire twice = spiking && row_tick == tick;
    assign dropped = state == START && twice;
    wire        x_word_ask, x_word_forget, x_word_comes;
    wire [31:0] x_word_tick, x_word;
    generate
        if (X_ROUNDING == 2) begin : stochastic_x
            bicall_random_line x_words (
                .clk(clk), .rst(rst), .forget(x_word_forget), .ask(x_word_ask), .seed(seed),
                .stream(`BICALL_STREAM_ROUND_X), .index(random_index), .tick(x_word_tick), .comes(x_word_comes),
                .word(x_word)
            );
            wire _unused = &{1'b0, x_word[31:16]};
        end else begin : no_words
            assign x_word_comes = 1'b0;
            assign x_word = 32'd0;
            wire _unused = &{1'b0, seed, x_word_ask, x_word_forget, x_word_tick, x_word[31:16]};
        end
    endgenerate
    bicall_catch_up #(
        .DEPTH(DEPTH), .H_BITS(H_BITS), .STEP_FRACTION_BITS(STEP_FRACTION_BITS), .X_BITS(X_BITS),
        .X_ROUNDING(X_ROUNDING), .H_ROUNDING(H_ROUNDING)
    ) catch_up (
        .clk(clk), .rst(rst), .start(state == START && !twice && !renumbering), .spike(!sweeping), .depresses(any_depressed),
        .done(walked), .items(items),
        .row_number(row_base + {{(28-AXON_BITS){1'b0}}, row}), .row_x(row_x), .row_tick(row_tick),
        .row_drifts(row_drifts), .row_sample(row_sample), .row_entry(row_entry), .x_now(x_now),
        .tick(tick), .drifts(drifts), .sample(sample), .wipe(wiping), .entries(entries),
        .entry_read(entry_read), .entry_address(entry_address), .entry(entry),
        .item_write(item_write), .item_address(item_address), .item(item),
        .x_decay(x_decay), .x_bump(x_bump), .potentiation(potentiation), .depression_pre(depression_pre),
        .depression_post(depression_post), .pre_threshold(pre_threshold), .drift_up(drift_up), .drift_down(drift_down),
        .x_word_ask(x_word_ask), .x_word_tick(x_word_tick), .x_word_forget(x_word_forget), .x_word_comes(x_word_comes),
        .x_word(x_word[15:0]), .random_start(random_start), .random_stream(random_stream), .random_index(random_index),
        .random_tick(random_tick), .random_done(random_done), .random_word(random_word)
    );

    wire [PLACE_BITS-1:0] spike_place = {{(PLACE_BITS-AXON_BITS){1'b0}}, spike_axon} * WORDS_A_ROW[PLACE_BITS-1:0];

    always @(posedge clk) begin
        case (state)
            REST: begin
                row <= spike ? spike_axon : 0;
                row_place <= spike ? spike_place : 0;
                sweeping <= sweep;
                wiping <= sweep && wipe;
                renumbering <= renumber;
                if (spike || sweep || renumber) state <= READ;
            end
            CLEAR: begin
                row <= row + 1'b1;
                if (last_row) state <= REST;
            end
            READ: state <= START;
            START: state <= twice ? REST : renumbering ? WRITE : WORK;
            WORK: if (updated) state <= WRITE;
            default: begin  // WRITE
                row <= row + 1'b1;
                row_place <= row_place + WORDS_A_ROW[PLACE_BITS-1:0];
                state <= !spiking && !last_row ? READ : REST;
                if (spiking || last_row) renumbering <= 1'b0;
            end
        endcase
        if (rst) begin
            state <= CLEAR;
            renumbering <= 1'b0;
            row <= 0;
        end
    end
endmodule
`default_nettype wire
