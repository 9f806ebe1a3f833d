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
// Latency:    3 cycles + 5 an item + 1 a tick in which x decays (until it stops to change), and with stochastic rounding
//             BICALL_RANDOM_ROUNDS + 2 more an item and a decay.
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
    reg       drawing;  // a random word for a decay is on its way

    reg [X_BITS-1:0]     x;
    reg [31:0]           x_tick, x_drifts;         // what x and the items so far have come to
    reg [7:0]            x_sample;
    reg [31:0]           to_tick, to_drifts;       // what the next item comes to
    reg [ENTRY_BITS:0]   next_entry;
    reg                  last;                     // the next item is the one of now
    reg [H_BITS-1:0]     up, down;
    reg signed [STEP_BITS-1:0] step;
    reg [15:0]           word;

    assign entry_address = next_entry[ENTRY_BITS-1:0];
    assign item_address = items;
    assign item = {up, down, step, word};
    assign random_index = row_number;

    // the archive's entry, or now
    wire [31:0] entry_tick = last ? tick : entry[71:40];
    wire [31:0] entry_drifts = last ? drifts : entry[39:8];
    wire [7:0]  entry_sample = last ? sample : entry[7:0];

    wire [X_BITS-1:0] decayed, bumped;
    bicall_trace #(.BITS(X_BITS), .ROUNDING(X_ROUNDING)) x_trace (
        .trace(x), .decay(x_decay), .bump(x_bump), .random(random_word), .decayed(decayed), .bumped(bumped)
    );
    assign x_now = spike ? bumped : x;

    // x has come to a value that it keeps: the remaining ticks need no time
    wire settled = x == 0 || (X_ROUNDING != 2 && decayed == x);

    wire [H_BITS-1:0] up_at_once, down_at_once;
    bicall_drift #(.H_BITS(H_BITS)) drift (
        .steps(to_drifts - x_drifts), .drift_up(drift_up), .drift_down(drift_down), .up(up_at_once), .down(down_at_once)
    );
    wire [X_BITS+STEP_BITS-1:0] product = potentiation * x;

    wire draws = H_ROUNDING == 2 && (!last || (spike && depresses));

    always @(posedge clk) begin
        done <= 1'b0;
        item_write <= 1'b0;
        random_start <= 1'b0;
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
                state <= DECAY;
            end
            DECAY:
                if (x_tick == to_tick || settled) begin
                    x_tick <= to_tick;
                    state <= MULTIPLY;
                end else if (X_ROUNDING != 2 || random_done) begin
                    x <= decayed;
                    x_tick <= x_tick + 32'd1;
                    drawing <= 1'b0;
                end else if (!drawing) begin
                    random_start <= 1'b1;
                    random_stream <= `BICALL_STREAM_ROUND_X;
                    random_tick <= x_tick + 32'd1;
                    drawing <= 1'b1;
                end
            MULTIPLY: begin
                up <= up_at_once;
                down <= down_at_once;
                step <= last ? depression_pre
                             : product[X_BITS+STEP_BITS-1:X_BITS] + (x < pre_threshold ? depression_post : {STEP_BITS{1'b0}});
                x_drifts <= to_drifts;
                random_start <= draws;
                random_stream <= last ? `BICALL_STREAM_ROUND_PRE : `BICALL_STREAM_ROUND_POST;
                random_tick <= to_tick;
                item_write <= !draws;
                state <= draws ? DRAW : WRITE;
            end
            DRAW: if (random_done) begin
                word <= random_word;
                item_write <= 1'b1;
                state <= WRITE;
            end
            default: begin  // WRITE
                items <= items + 1'b1;
                done <= last;
                state <= last ? IDLE : FETCH;
            end
        endcase
        if (rst) begin
            state <= IDLE;
            drawing <= 1'b0;
        end
    end

    wire _unused = &{1'b0, product};
endmodule
`default_nettype wire
