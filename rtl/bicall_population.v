// SPDX-License-Identifier: Apache-2.0
// bicall_population: the neurons of the core, one after the other through one circuit.
//
// What a tick asks of them, in the order of the tick contract: `decay` (all traces y and s), spikes that arrive
// (`group_transmits` for a group's word of synapses, `teach`, `drive`), `integrate` (all neurons integrate and fire). `forget`, a
// reset between samples, sets all to 0, and so does a hardware reset. For the synapses it says which neurons depress
// (`depressed`, found in `decay`) and which fired with an open gate (`fired_lanes`, written to the archive in `integrate`),
// in groups of LANES. Only neurons whose learning enable is set depress or change; the host sets it between ticks
// (`enable`), all are set after a hardware reset, and a reset between samples leaves them.
//
// Neurons enter a pipeline one a cycle. In `decay` a neuron's traces are read, decayed, written. In `integrate` its
// membrane is read; it takes the three steps of bicall_neuron, meanwhile its input is summed and its traces are read and
// bumped; then all is written, the traces only if it fires. A spike that nobody takes holds all of them.
//
// Latency:    decay 1 cycle a neuron and 3, with stochastic rounding the wait for one or two random words instead of the
//             1; integrate 1 a neuron and 6, and the wait for `spike_ready`; forget 1 a neuron.
// Throughput: one of these at a time.
// Parameters: NEURONS, LANES, GROUPS  neurons, neurons of a group, groups
//             AXONS                   spikes that may arrive in a tick
//             widths in bits and roundings as in bicall_constants.vh

`include "bicall_constants.vh"
`include "bicall_addresses.vh"

`default_nettype none
module bicall_population #(
    parameter AXONS = 256,
    parameter NEURONS = 256,
    parameter LANES = 16,
    parameter GROUPS = 16,
    parameter SPARSE = 0,
    parameter Y_BITS = `BICALL_Y_BITS,
    parameter S_BITS = `BICALL_S_BITS,
    parameter Y_ROUNDING = `BICALL_Y_ROUNDING,
    parameter S_ROUNDING = `BICALL_S_ROUNDING,
    parameter NEURON_BITS = (NEURONS > 1) ? $clog2(NEURONS) : 1,
    parameter GROUP_BITS = (GROUPS > 1) ? $clog2(GROUPS) : 1
) (
    input  wire                   clk,
    input  wire                   rst,
    output wire                   idle,
    input  wire                   decay,
    input  wire                   integrate,
    input  wire                   forget,
    input  wire                   learn,

    // spikes that arrive
    input  wire                   teach,
    input  wire                   drive,
    input  wire                   enable,           // not a spike: the neuron's learning enable becomes `enabled`
    input  wire                   enabled,
    input  wire [NEURON_BITS-1:0] event_neuron,     // of these
    input  wire                   transmitted,      // one more axon has spiked
    input  wire                   group_read,
    input  wire [GROUP_BITS-1:0]  read_group,
    input  wire                   group_transmits,
    input  wire [GROUP_BITS-1:0]  transmitting_group,
    input  wire [LANES-1:0]       w,                // transmitted bits of the group's word
    input  wire [LANES-1:0]       exists,           // which of its synapses exist, if SPARSE

    // spikes that leave
    output wire                   spike,
    input  wire                   spike_ready,
    output wire [NEURON_BITS-1:0] neuron,           // that spikes, or that a random word is for

    // for the synapses
    output wire [LANES-1:0]       depressed,        // in the cycle after group_read, until the next
    output reg                    any_depressed,
    output wire                   fired_write,
    output reg  [GROUP_BITS-1:0]  group,
    output wire [LANES-1:0]       fired_lanes,
    output reg                    any_fired,        // with an open gate, in this tick

    // constants of the rule and of the neuron
    input  wire [12:0]              y_decay,
    input  wire [12:0]              y_bump,
    input  wire [12:0]              s_decay,
    input  wire [12:0]              s_bump,
    input  wire [Y_BITS-1:0]        post_threshold,
    input  wire signed [S_BITS+1:0] gate_low,
    input  wire signed [S_BITS+1:0] gate_high,
    input  wire signed [16:0]       weight_low,
    input  wire signed [16:0]       weight_high,
    input  wire signed [16:0]       teacher_weight,
    input  wire signed [16:0]       drive_weight,
    input  wire [12:0]              current_decay,
    input  wire [12:0]              membrane_decay,
    input  wire signed [23:0]       membrane_threshold,
    input  wire signed [23:0]       membrane_floor,
    input  wire [7:0]               refractory_ticks,

    // the random source; index and tick are the neuron's and the tick's
    output reg                    random_start,
    output wire [3:0]             random_stream,
    input  wire                   random_done,
    input  wire [15:0]            random_word,

    // the host, while idle: a read, then in the next cycle the value and perhaps a write
    input  wire                   host_read,
    input  wire                   host_write,
    input  wire [NEURON_BITS-1:0] host_neuron,
    input  wire [1:0]             host_field,
    input  wire [31:0]            host_write_data,
    output reg  [31:0]            host_data
);
    localparam [1:0] REST = 0, FORGET = 1, DECAY = 2, INTEGRATE = 3;
    localparam LANE_BITS = (LANES > 1) ? $clog2(LANES) : 1;
    localparam COUNT_BITS = (AXONS > 0) ? $clog2(AXONS + 1) : 1;
    localparam LIF_BITS = 57, TRACE_BITS = Y_BITS + S_BITS;
    localparam [31:0] LAST_NEURON = NEURONS - 1, LAST_LANE = LANES - 1;
    reg [1:0] state;
    assign idle = state == REST;

    // ---------------------------------------------------------------------------------------------- the pipeline
    // a bit a stage: a neuron is there; it enters before the first, and leaves from the last that its work has
    reg  [5:1] stage;
    reg        fires;  // the neuron in stage 5
    wire       advance = !(stage[5] && fires && !spike_ready);
    wire       enters;
    wire       leaves = state == FORGET || (state == DECAY ? stage[2] : stage[5] && advance);
    assign spike = stage[5] && fires;

    // neurons enter and leave in order; those that integrate need their traces two cycles before they leave
    reg  [NEURON_BITS-1:0] entering, tracing, leaving;
    reg  [GROUP_BITS-1:0]  entering_group;
    reg  [LANE_BITS-1:0]   entering_lane, lane, first_lane;  // in its group; of the neuron that leaves; in stage 1
    reg                    more;  // neurons have not entered yet
    wire last_entering = entering == LAST_NEURON[NEURON_BITS-1:0];
    wire last_entering_lane = entering_lane == LAST_LANE[LANE_BITS-1:0];
    wire last_leaving = leaving == LAST_NEURON[NEURON_BITS-1:0];
    wire last_lane = lane == LAST_LANE[LANE_BITS-1:0] || last_leaving;
    wire traces = state == INTEGRATE && stage[3] && advance;
    assign neuron = state == DECAY ? entering : leaving;

    // ---------------------------------------------------------------------------------------------- state of the neurons
    wire                   wrote_lif = state == INTEGRATE && leaves, wrote_traces = (state == DECAY || fires) && leaves;
    wire                   of_traces = host_field == `BICALL_NEURON_TRACES;
    reg  [LIF_BITS-1:0]    lif_next, host_lif;
    reg  [TRACE_BITS-1:0]  traces_next;
    wire [S_BITS-1:0]      s;
    wire [Y_BITS-1:0]      y;
    wire signed [24:0]     current;
    wire signed [23:0]     membrane;
    wire [7:0]             refractory;
    bicall_memory #(.BITS(LIF_BITS), .WORDS(NEURONS)) lif_words (
        .clk(clk), .read((state == INTEGRATE && enters) || host_read), .read_address(host_read ? host_neuron : entering),
        .read_data({current, membrane, refractory}),
        .write(state == FORGET || wrote_lif || (host_write && !of_traces)),
        .write_address(host_write ? host_neuron : leaving), .write_data(lif_next)
    );
    wire                   traces_read = (state == DECAY && enters) || traces;
    wire [NEURON_BITS-1:0] trace_neuron = traces ? tracing : entering;
    bicall_memory #(.BITS(TRACE_BITS), .WORDS(NEURONS)) trace_words (
        .clk(clk), .read(traces_read || host_read), .read_address(host_read ? host_neuron : trace_neuron), .read_data({s, y}),
        .write(state == FORGET || wrote_traces || (host_write && of_traces)),
        .write_address(host_write ? host_neuron : leaving), .write_data(traces_next)
    );

    // ---------------------------------------------------------------------------------------------- learning enables
    reg  starting;  // all are set after a hardware reset
    wire learns;    // the neuron whose traces have been read
    bicall_memory #(.BITS(1), .WORDS(NEURONS)) enables (
        .clk(clk), .read(traces_read), .read_address(trace_neuron), .read_data(learns),
        .write(starting || enable), .write_address(starting ? leaving : event_neuron), .write_data(starting || enabled)
    );
    always @(posedge clk)
        if (rst) starting <= 1'b1;
        else if (last_leaving) starting <= 1'b0;

    // ---------------------------------------------------------------------------------------------- traces and gate
    reg  [15:0] y_random;
    wire [Y_BITS-1:0] y_next;
    wire [S_BITS-1:0] s_next;
    wire bumps = state == INTEGRATE;
    bicall_trace #(.BITS(Y_BITS), .ROUNDING(Y_ROUNDING)) y_trace (
        .trace(y), .decay(y_decay), .bump(y_bump), .random(y_random), .bumps(bumps), .next(y_next)
    );
    bicall_trace #(.BITS(S_BITS), .ROUNDING(S_ROUNDING)) s_trace (
        .trace(s), .decay(s_decay), .bump(s_bump), .random(random_word), .bumps(bumps), .next(s_next)
    );
    reg  [Y_BITS-1:0] y_new;  // decayed, or with the neuron's own bump
    reg  [S_BITS-1:0] s_new;
    reg  may_learn;
    always @(posedge clk)
        if (advance) begin
            y_new <= y_next;
            s_new <= s_next;
            may_learn <= learn && learns;
        end
    wire signed [S_BITS+1:0] gate = {2'b00, s_new};
    wire gate_open = may_learn && gate_low < gate && gate < gate_high;
    wire depresses = gate_open && y_new > post_threshold;

    // ---------------------------------------------------------------------------------------------- input of this tick
    wire signed [18:0] came_low;  // the sum, had all spikes come through low weights
    wire group_left = state == INTEGRATE && leaves && last_lane;
    wire group_enters = state == INTEGRATE && enters && entering_lane == 0;
    // a neuron of the group each: spikes that came through a high weight and, if SPARSE, spikes that came
    localparam COUNTS = LANES * (1 + SPARSE);
    wire [COUNTS*COUNT_BITS-1:0] counts, counts_next;
    bicall_memory #(.BITS(COUNTS*COUNT_BITS), .WORDS(GROUPS)) count_words (
        .clk(clk), .read(group_read || group_enters), .read_address(group_read ? read_group : entering_group),
        .read_data(counts), .write(state == FORGET || group_left || group_transmits),
        .write_address(group_transmits ? transmitting_group : group),
        .write_data(group_transmits ? counts_next : {COUNTS*COUNT_BITS{1'b0}})
    );
    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : count
            assign counts_next[l*COUNT_BITS +: COUNT_BITS] =
                counts[l*COUNT_BITS +: COUNT_BITS] + {{(COUNT_BITS-1){1'b0}}, w[l]};
        end
        if (SPARSE == 1) begin : sparse
            for (l = 0; l < LANES; l = l + 1) begin : count
                assign counts_next[(LANES+l)*COUNT_BITS +: COUNT_BITS] =
                    counts[(LANES+l)*COUNT_BITS +: COUNT_BITS] + {{(COUNT_BITS-1){1'b0}}, exists[l]};
            end
            reg  [COUNT_BITS-1:0] came;
            wire signed [COUNT_BITS+17:0] came_product = $signed({1'b0, came}) * weight_low;
            always @(posedge clk)
                if (advance) came <= counts[({{(32-LANE_BITS){1'b0}}, first_lane}+LANES)*COUNT_BITS +: COUNT_BITS];
            assign came_low = came_product[18:0];
            wire _unused = &{1'b0, transmitted, came_product};
        end else begin : dense
            reg [18:0] arrived_low;  // the same for all neurons
            always @(posedge clk)
                if (idle && decay) arrived_low <= 19'd0;
                else if (transmitted) arrived_low <= arrived_low + {{2{weight_low[16]}}, weight_low};
            assign came_low = arrived_low;
            wire _unused = &{1'b0, exists};
        end
    endgenerate
    wire taught, driven;
    bicall_memory #(.BITS(1), .WORDS(NEURONS)) taught_bits (
        .clk(clk), .read(state == INTEGRATE && enters), .read_address(entering), .read_data(taught),
        .write(state == FORGET || wrote_lif || teach), .write_address(teach ? event_neuron : leaving), .write_data(teach)
    );
    bicall_memory #(.BITS(1), .WORDS(NEURONS)) driven_bits (
        .clk(clk), .read(state == INTEGRATE && enters), .read_address(entering), .read_data(driven),
        .write(state == FORGET || wrote_lif || drive), .write_address(drive ? event_neuron : leaving), .write_data(drive)
    );

    // the host keeps the sum below 2^18 in size
    reg  [COUNT_BITS-1:0] high;  // the neuron's count, in stage 2
    reg  signed [17:0]    given;        // by teacher and drive
    reg  signed [17:0]    weight_step;  // from a low weight to a high one
    wire signed [COUNT_BITS+18:0] high_product = $signed({1'b0, high}) * weight_step;
    reg  signed [18:0]    arriving;
    always @(posedge clk) begin
        weight_step <= {weight_high[16], weight_high} - {weight_low[16], weight_low};
        if (advance) begin
            first_lane <= entering_lane;
            high <= counts[first_lane*COUNT_BITS +: COUNT_BITS];
            given <= (taught ? {teacher_weight[16], teacher_weight} : 18'sd0)
                     + (driven ? {drive_weight[16], drive_weight} : 18'sd0);
            arriving <= high_product[18:0] + came_low + {given[17], given};
        end
    end

    // ---------------------------------------------------------------------------------------------- the neuron
    wire signed [24:0] current_next;
    wire signed [23:0] membrane_next;
    wire [7:0] refractory_next;
    wire fired;
    bicall_neuron lif (
        .clk(clk), .advance(advance), .current(current), .membrane(membrane), .refractory(refractory),
        .arriving(arriving), .current_decay(current_decay), .membrane_decay(membrane_decay),
        .membrane_threshold(membrane_threshold), .membrane_floor(membrane_floor), .refractory_ticks(refractory_ticks),
        .current_next(current_next), .membrane_next(membrane_next), .refractory_next(refractory_next), .fired(fired)
    );
    reg [LIF_BITS-1:0] integrated;
    always @(posedge clk)
        if (advance) integrated <= {current_next, membrane_next, refractory_next};

    // ---------------------------------------------------------------------------------------------- what is written; the host
    always @* begin
        host_lif = {current, membrane, refractory};
        case (host_field)
            `BICALL_NEURON_CURRENT: host_lif[56:32] = host_write_data[24:0];
            `BICALL_NEURON_MEMBRANE: host_lif[31:8] = host_write_data[23:0];
            default: host_lif[7:0] = host_write_data[7:0];
        endcase
        case (state)
            REST: begin
                lif_next = host_lif;
                traces_next = {host_write_data[16 +: S_BITS], host_write_data[0 +: Y_BITS]};
            end
            FORGET: begin
                lif_next = {LIF_BITS{1'b0}};
                traces_next = {TRACE_BITS{1'b0}};
            end
            default: begin
                lif_next = integrated;
                traces_next = {s_new, y_new};
            end
        endcase
        host_data = 32'd0;
        case (host_field)
            `BICALL_NEURON_TRACES: begin host_data[Y_BITS-1:0] = y; host_data[16 +: S_BITS] = s; end
            `BICALL_NEURON_CURRENT: host_data = {{7{current[24]}}, current};
            `BICALL_NEURON_MEMBRANE: host_data = {{8{membrane[23]}}, membrane};
            default: host_data = {24'd0, refractory};
        endcase
    end
    wire _unused = &{1'b0, host_write_data, high_product};

    // ---------------------------------------------------------------------------------------------- groups of lanes
    wire changes = fires && gate_open;
    reg  [LANES-1:0] gathered;  // of the group so far: who depresses, or who changes
    wire [LANES-1:0] lane_bit = {{(LANES-1){1'b0}}, 1'b1} << lane;
    wire [LANES-1:0] gathering = (state == DECAY ? depresses : changes) ? gathered | lane_bit : gathered;
    bicall_memory #(.BITS(LANES), .WORDS(GROUPS)) depressed_words (
        .clk(clk), .read(group_read), .read_address(read_group), .read_data(depressed),
        .write(state == DECAY && leaves && last_lane), .write_address(group), .write_data(gathering)
    );
    assign fired_write = group_left;
    assign fired_lanes = gathering;

    // ---------------------------------------------------------------------------------------------- random words
    localparam DRAWS = Y_ROUNDING == 2 || S_ROUNDING == 2, BOTH = Y_ROUNDING == 2 && S_ROUNDING == 2;
    reg  of_s;  // the word that is drawn
    wire drawn = random_done && (of_s || S_ROUNDING != 2);  // the neuron's last
    assign enters = more && advance && (state == INTEGRATE || !DRAWS || drawn);
    assign random_stream = of_s ? `BICALL_STREAM_ROUND_S : `BICALL_STREAM_ROUND_Y;

    // ---------------------------------------------------------------------------------------------- sequence
    always @(posedge clk) begin
        random_start <= 1'b0;
        if (random_done && !of_s) y_random <= random_word;
        if (DRAWS && state == DECAY && random_done) begin
            random_start <= !(drawn && last_entering);
            of_s <= BOTH ? !of_s : S_ROUNDING == 2;
        end

        if (advance) begin
            stage <= {stage[4:1], enters};
            fires <= stage[4] && fired;
        end
        if (enters) begin
            entering <= entering + 1'b1;
            entering_lane <= last_entering_lane ? {LANE_BITS{1'b0}} : entering_lane + 1'b1;
            if (last_entering_lane) entering_group <= entering_group + 1'b1;
            if (last_entering) more <= 1'b0;
        end
        if (traces) tracing <= tracing + 1'b1;
        if (leaves) begin
            leaving <= leaving + 1'b1;
            lane <= last_lane ? {LANE_BITS{1'b0}} : lane + 1'b1;
            if (last_lane) group <= group + 1'b1;
            gathered <= last_lane ? {LANES{1'b0}} : gathering;
            if (state == DECAY) any_depressed <= any_depressed || depresses;
            if (state == INTEGRATE) any_fired <= any_fired || changes;
            if (last_leaving) state <= REST;
        end
        if (state == DECAY && stage[2]) stage[3] <= 1'b0;  // it has left
        if (idle) begin
            entering <= 0;
            entering_lane <= 0;
            entering_group <= 0;
            tracing <= 0;
            leaving <= 0;
            lane <= 0;
            group <= 0;
            gathered <= 0;
            more <= decay || integrate;
            of_s <= Y_ROUNDING != 2;
            random_start <= DRAWS && decay;
            if (decay) begin
                any_depressed <= 1'b0;
                any_fired <= 1'b0;
            end
            state <= decay ? DECAY : integrate ? INTEGRATE : forget ? FORGET : REST;
        end
        if (rst) begin
            state <= FORGET;
            stage <= 0;
            fires <= 1'b0;
            leaving <= 0;
            lane <= 0;
            group <= 0;
            gathered <= 0;
            random_start <= 1'b0;
        end
    end
endmodule
`default_nettype wire
