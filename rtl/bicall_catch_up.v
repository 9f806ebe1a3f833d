// SPDX-License-Identifier: Apache-2.0
// bicall_catch_up: what the synapses of one row have to do to be up to date.
//
// A row is touched only when its axon spikes, or in a sweep. This circuit walks through the archived postsynaptic spikes
// since then, decays the row's x from one to the next, and writes one item of work for each: the drift since the item
// before, and the step c_p x + c_d2 [x < theta_i]. The last item brings the row up to now: drift, and the presynaptic
// depression c_d1 if the axon spikes. x is the same for all synapses of the row, and so are the items; only which of them
// learn differs. A reset between two samples sets x to 0 on the way; with `wipe` there was one just now.
//
// `items` counts the items when `done` is up, which it is for one cycle. The row's new state holds until the next start.
//
// A step's random word is asked for as soon as its tick is known, and comes while x decays. Where x itself needs words, one
// a tick, they come from a line of their own (bicall_random_line), one a cycle once it is filled.
//
// Latency:    3 cycles + 5 an item + 1 a tick in which x decays (until it stops to change). With stochastic x an item in
//             which it decays waits for the line to fill; with stochastic h one that learns waits until its word is there:
//             both up to BICALL_RANDOM_ROUNDS / 2 cycles.
// Throughput: one row at a time.
// Parameters: widths in bits and roundings as in bicall_constants.vh; DEPTH, entries that the archive holds

`include "bicall_constants.vh"

`default_nettype none
module bicall_catch_up #(
    parameter DEPTH = 32,
    parameter H_BITS = `BICALL_H_BITS,
    parameter STEP_FRACTION_BITS = `BICALL_STEP_FRACTION_BITS,
    parameter X_BITS = `BICALL_X_BITS,
    parameter X_ROUNDING = `BICALL_X_ROUNDING,
    parameter H_ROUNDING = `BICALL_H_ROUNDING,
    parameter ENTRY_BITS = $clog2(DEPTH),
    parameter STEP_BITS = H_BITS + STEP_FRACTION_BITS + 1
) (
    input  wire                        clk,
    input  wire                        rst,
    input  wire                        start,
    input  wire                        spike,               // the axon spikes: its synapses depress, then x is bumped
    input  wire                        depresses,           // whether any of them will: saves a random word
    output reg                         done,
    output reg  [ENTRY_BITS:0]         items,

    // the row as of its last access: x after it, tick, number of drift ticks, archive entries seen
    input  wire [27:0]                 row_number,
    input  wire [X_BITS-1:0]           row_x,
    input  wire [31:0]                 row_tick,
    input  wire [31:0]                 row_drifts,
    input  wire [7:0]                  row_sample,
    input  wire [ENTRY_BITS:0]         row_entry,
    output wire [X_BITS-1:0]           x_now,

    // now, and the archive
    input  wire [31:0]                 tick,
    input  wire [31:0]                 drifts,
    input  wire [7:0]                  sample,
    input  wire                        wipe,                // numbers of samples came round: x is 0 now
    input  wire [ENTRY_BITS:0]         entries,
    output wire                        entry_read,
    output wire [ENTRY_BITS-1:0]       entry_address,
    input  wire [71:0]                 entry,               // tick, drifts and sample of a postsynaptic spike

    // items of work
    output reg                         item_write,
    output wire [ENTRY_BITS:0]         item_address,
    output wire [2*H_BITS+STEP_BITS+15:0] item,             // drift_up, drift_down, step, row_word

    // constants of the rule
    input  wire [12:0]                 x_decay,
    input  wire [12:0]                 x_bump,
    input  wire [STEP_BITS-1:0]        potentiation,
    input  wire signed [STEP_BITS-1:0] depression_pre,
    input  wire signed [STEP_BITS-1:0] depression_post,
    input  wire [X_BITS-1:0]           pre_threshold,
    input  wire [H_BITS-1:0]           drift_up,
    input  wire [H_BITS-1:0]           drift_down,

    // random words of x, where its decay is stochastic: those of the ticks that are asked for, in order
    output wire                        x_word_ask,
    output reg  [31:0]                 x_word_tick,
    output wire                        x_word_forget,
    input  wire                        x_word_comes,
    input  wire [15:0]                 x_word,

    // the random source
    output reg                         random_start,
    output reg  [3:0]                  random_stream,
    output wire [27:0]                 random_index,
    output reg  [31:0]                 random_tick,
    input  wire                        random_done,
    input  wire [15:0]                 random_word
);
    localparam [2:0] IDLE = 0, FETCH = 1, TARGET = 2, DECAY = 3, MULTIPLY = 4, DRAW = 5, WRITE = 6;
    reg [2:0] state;
    reg       drawn;    // the item's random word is there

    reg [X_BITS-1:0]     x;
    reg [31:0]           x_tick, x_drifts;         // what x and the items so far have come to
    reg [7:0]            x_sample;
    reg [31:0]           to_tick, to_drifts;       // what the next item comes to
    reg [ENTRY_BITS:0]   next_entry;
    reg                  last;                     // the next item is the one of now
    reg [H_BITS-1:0]     up, down;
    reg signed [STEP_BITS-1:0] step;

    assign entry_read = state == FETCH;
    assign entry_address = next_entry[ENTRY_BITS-1:0];
    assign item_address = items;
    assign item = {up, down, step, random_word};  // the word holds until the next is asked for
    assign random_index = row_number;

    // the archive's entry, or now
    wire [31:0] entry_tick = last ? tick : entry[71:40];
    wire [31:0] entry_drifts = last ? drifts : entry[39:8];
    wire [7:0]  entry_sample = last ? sample : entry[7:0];

    wire [X_BITS-1:0] x_next;
    bicall_trace #(.BITS(X_BITS), .ROUNDING(X_ROUNDING)) x_trace (
        .trace(x), .decay(x_decay), .bump(x_bump), .random(x_word), .bumps(state == IDLE), .next(x_next)
    );
    assign x_now = spike ? x_next : x;

    // x has come to a value that it keeps: the remaining ticks need no time
    wire settled = x == 0 || (X_ROUNDING == 2 ? x_decay[12] : x_next == x);

    wire [H_BITS-1:0] up_at_once, down_at_once;
    bicall_drift #(.H_BITS(H_BITS)) drift (
        .steps(to_drifts - x_drifts), .drift_up(drift_up), .drift_down(drift_down), .up(up_at_once), .down(down_at_once)
    );
    wire [X_BITS+STEP_BITS-1:0] product = potentiation * x;

    // words for all ticks that are left, until x has settled
    wire decays = state == DECAY && x_tick != to_tick && !settled;
    assign x_word_ask = X_ROUNDING == 2 && decays && x_word_tick != to_tick + 32'd1;
    assign x_word_forget = !decays;

    wire draws = H_ROUNDING == 2 && (!last || (spike && depresses));

    wire comes = random_done || drawn;

    always @(posedge clk) begin
        done <= 1'b0;
        item_write <= 1'b0;
        random_start <= 1'b0;
        if (state == TARGET) drawn <= 1'b0;
        else if (random_done) drawn <= 1'b1;
        if (x_word_ask) x_word_tick <= x_word_tick + 32'd1;
        case (state)
            IDLE: if (start) begin
                x <= row_x;
                x_tick <= row_tick;
                x_drifts <= row_drifts;
                x_sample <= row_sample;
                next_entry <= row_entry;
                items <= 0;
                state <= FETCH;
            end
            FETCH: begin  // the archive's entry comes in the next cycle
                last <= next_entry == entries;
                state <= TARGET;
            end
            TARGET: begin
                to_tick <= entry_tick;
                to_drifts <= entry_drifts;
                if (x_sample != entry_sample || (last && wipe)) x <= 0;
                x_sample <= entry_sample;
                next_entry <= next_entry + 1'b1;
                random_start <= draws;
                random_stream <= last ? `BICALL_STREAM_ROUND_PRE : `BICALL_STREAM_ROUND_POST;
                random_tick <= entry_tick;
                x_word_tick <= x_tick + 32'd1;
                state <= DECAY;
            end
            DECAY:
                if (!decays) begin
                    x_tick <= to_tick;
                    state <= MULTIPLY;
                end else if (X_ROUNDING != 2 || x_word_comes) begin
                    x <= x_next;
                    x_tick <= x_tick + 32'd1;
                end
            MULTIPLY: begin
                up <= up_at_once;
                down <= down_at_once;
                step <= last ? depression_pre
                             : product[X_BITS+STEP_BITS-1:X_BITS] + (x < pre_threshold ? depression_post : {STEP_BITS{1'b0}});
                x_drifts <= to_drifts;
                item_write <= !draws || comes;
                state <= !draws || comes ? WRITE : DRAW;
            end
            DRAW: if (comes) begin
                item_write <= 1'b1;
                state <= WRITE;
            end
            default: begin  // WRITE
                items <= items + 1'b1;
                done <= last;
                state <= last ? IDLE : FETCH;
            end
        endcase
        if (rst) state <= IDLE;
    end

    wire _unused = &{1'b0, product};
endmodule
`default_nettype wire
