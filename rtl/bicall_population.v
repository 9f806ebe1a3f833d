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
// While a neuron is written, the next one is read.
//
// Latency:    decay 2 cycles a neuron and 1, with stochastic rounding BICALL_RANDOM_ROUNDS + 2 more for each of y and s a
//             neuron; integrate 5 a neuron and 1, and the wait for `spike_ready`; forget 1 a neuron.
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
    output reg  [NEURON_BITS-1:0] neuron,

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
    localparam [3:0] REST = 0, FORGET = 1, DECAY_READ = 2, DECAY_Y = 3, DECAY_S = 4, DECAY_TRACES = 5, DECAY_WRITE = 6,
        NEURON_READ = 7, NEURON_COUNT = 8, NEURON_SUM = 9, NEURON_PUSH = 10, NEURON_FIRE = 11, NEURON_WRITE = 12;
    localparam LANE_BITS = (LANES > 1) ? $clog2(LANES) : 1;
    localparam COUNT_BITS = (AXONS > 0) ? $clog2(AXONS + 1) : 1;
    localparam STATE_BITS = 57 + Y_BITS + S_BITS;
    localparam [31:0] LAST_NEURON = NEURONS - 1, LAST_LANE = LANES - 1;
    reg [3:0] state;
    reg [LANE_BITS-1:0] lane;  // of the neuron, in its group

    assign idle = state == REST;
    wire last_neuron = neuron == LAST_NEURON[NEURON_BITS-1:0];
    wire last_lane = lane == LAST_LANE[LANE_BITS-1:0] || last_neuron;
    wire written;  // the neuron, in `integrate`
    wire advances = state == FORGET || state == DECAY_WRITE || written;
    wire [NEURON_BITS-1:0] neuron_ahead = last_neuron ? {NEURON_BITS{1'b0}} : neuron + 1'b1;
    wire [GROUP_BITS-1:0] group_ahead = last_neuron ? {GROUP_BITS{1'b0}} : last_lane ? group + 1'b1 : group;

    // ---------------------------------------------------------------------------------------------- state of the neurons
    reg                   write;
    reg  [STATE_BITS-1:0] next;
    wire [S_BITS-1:0]     s;
    wire [Y_BITS-1:0]     y;
    wire signed [24:0]    current;
    wire signed [23:0]    membrane;
    wire [7:0]            refractory;
    wire neuron_read = state == DECAY_READ || state == NEURON_READ || advances;
    bicall_memory #(.BITS(STATE_BITS), .WORDS(NEURONS)) neurons (
        .clk(clk), .read(neuron_read || host_read),
        .read_address(host_read ? host_neuron : advances ? neuron_ahead : neuron),
        .read_data({s, y, current, membrane, refractory}),
        .write(write), .write_address(host_write ? host_neuron : neuron), .write_data(next)
    );

    // ---------------------------------------------------------------------------------------------- learning enables
    reg  starting;  // all are set after a hardware reset
    wire learns;    // this neuron
    bicall_memory #(.BITS(1), .WORDS(NEURONS)) enables (
        .clk(clk), .read(neuron_read), .read_address(advances ? neuron_ahead : neuron), .read_data(learns),
        .write(starting || enable), .write_address(starting ? neuron : event_neuron), .write_data(starting || enabled)
    );
    always @(posedge clk)
        if (rst) starting <= 1'b1;
        else if (last_neuron) starting <= 1'b0;

    // ---------------------------------------------------------------------------------------------- traces and gate
    reg  [15:0] y_random;
    wire [Y_BITS-1:0] y_decayed, y_bumped;
    wire [S_BITS-1:0] s_decayed, s_bumped;
    bicall_trace #(.BITS(Y_BITS), .ROUNDING(Y_ROUNDING)) y_trace (
        .trace(y), .decay(y_decay), .bump(y_bump), .random(y_random), .decayed(y_decayed), .bumped(y_bumped)
    );
    bicall_trace #(.BITS(S_BITS), .ROUNDING(S_ROUNDING)) s_trace (
        .trace(s), .decay(s_decay), .bump(s_bump), .random(random_word), .decayed(s_decayed), .bumped(s_bumped)
    );
    reg  [Y_BITS-1:0] y_new;  // decayed, or with the neuron's own bump
    reg  [S_BITS-1:0] s_new;
    always @(posedge clk) begin
        y_new <= state == DECAY_TRACES ? y_decayed : y_bumped;
        s_new <= state == DECAY_TRACES ? s_decayed : s_bumped;
    end
    wire signed [S_BITS+1:0] gate = {2'b00, s_new};
    wire gate_open = learn && learns && gate_low < gate && gate < gate_high;
    wire depresses = gate_open && y_new > post_threshold;
    assign random_stream = state == DECAY_S ? `BICALL_STREAM_ROUND_S : `BICALL_STREAM_ROUND_Y;

    // ---------------------------------------------------------------------------------------------- input of this tick
    reg  [COUNT_BITS-1:0] arrived;  // spikes of axons
    reg  fires;                     // this neuron, in this tick
    assign written = state == NEURON_WRITE && (spike_ready || !fires);
    wire group_written = written && last_lane;
    wire [COUNT_BITS-1:0] came;  // spikes that came through a synapse of the neuron's
    // a neuron of the group each: spikes that came through a high weight and, if SPARSE, spikes that came
    localparam COUNTS = LANES * (1 + SPARSE);
    wire [COUNTS*COUNT_BITS-1:0] counts, counts_next;
    bicall_memory #(.BITS(COUNTS*COUNT_BITS), .WORDS(GROUPS)) count_words (
        .clk(clk), .read(group_read || state == NEURON_READ || written),
        .read_address(group_read ? read_group : written ? group_ahead : group),
        .read_data(counts), .write(state == FORGET || group_written || group_transmits),
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
            reg [COUNT_BITS-1:0] reached;
            always @(posedge clk)
                if (state == NEURON_COUNT) reached <= counts[({{(32-LANE_BITS){1'b0}}, lane}+LANES)*COUNT_BITS +: COUNT_BITS];
            assign came = reached;
        end else begin : dense
            assign came = arrived;
            wire _unused = &{1'b0, exists};
        end
    endgenerate
    wire taught, driven;
    bicall_memory #(.BITS(1), .WORDS(NEURONS)) taught_bits (
        .clk(clk), .read(state == NEURON_READ || written), .read_address(written ? neuron_ahead : neuron), .read_data(taught),
        .write(state == FORGET || written || teach), .write_address(teach ? event_neuron : neuron), .write_data(teach)
    );
    bicall_memory #(.BITS(1), .WORDS(NEURONS)) driven_bits (
        .clk(clk), .read(state == NEURON_READ || written), .read_address(written ? neuron_ahead : neuron), .read_data(driven),
        .write(state == FORGET || written || drive), .write_address(drive ? event_neuron : neuron), .write_data(drive)
    );

    // the host keeps the sum below 2^18 in size
    reg  [COUNT_BITS-1:0] high;  // the neuron's count
    reg  signed [17:0] given;    // by teacher and drive
    wire [COUNT_BITS-1:0] low = came - high;
    wire [18:0] sum = {{(19-COUNT_BITS){1'b0}}, high} * {{2{weight_high[16]}}, weight_high}
                      + {{(19-COUNT_BITS){1'b0}}, low} * {{2{weight_low[16]}}, weight_low}
                      + {given[17], given};
    reg signed [18:0] arriving;

    // ---------------------------------------------------------------------------------------------- the neuron
    wire signed [24:0] current_next;
    wire signed [23:0] membrane_next;
    wire [7:0] refractory_next;
    wire fired;
    bicall_neuron lif (
        .clk(clk), .current(current), .membrane(membrane), .refractory(refractory), .arriving(arriving),
        .current_decay(current_decay), .membrane_decay(membrane_decay), .membrane_threshold(membrane_threshold),
        .membrane_floor(membrane_floor), .refractory_ticks(refractory_ticks),
        .current_next(current_next), .membrane_next(membrane_next), .refractory_next(refractory_next), .fired(fired)
    );
    reg [56:0] integrated;
    assign spike = state == NEURON_WRITE && fires;

    always @* begin
        write = 1'b0;
        next = {STATE_BITS{1'b0}};
        case (state)
            REST: begin
                write = host_write;
                next = {s, y, current, membrane, refractory};
                case (host_field)
                    `BICALL_NEURON_TRACES: next[57 +: Y_BITS+S_BITS] = {host_write_data[16 +: S_BITS], host_write_data[0 +: Y_BITS]};
                    `BICALL_NEURON_CURRENT: next[56:32] = host_write_data[24:0];
                    `BICALL_NEURON_MEMBRANE: next[31:8] = host_write_data[23:0];
                    default: next[7:0] = host_write_data[7:0];
                endcase
            end
            FORGET: write = 1'b1;
            DECAY_WRITE: begin
                write = 1'b1;
                next = {s_new, y_new, current, membrane, refractory};
            end
            NEURON_WRITE: begin
                write = written;
                next = {fires ? s_new : s, fires ? y_new : y, integrated};
            end
            default: ;
        endcase
    end
    always @* begin
        host_data = 32'd0;
        case (host_field)
            `BICALL_NEURON_TRACES: begin host_data[Y_BITS-1:0] = y; host_data[16 +: S_BITS] = s; end
            `BICALL_NEURON_CURRENT: host_data = {{7{current[24]}}, current};
            `BICALL_NEURON_MEMBRANE: host_data = {{8{membrane[23]}}, membrane};
            default: host_data = {24'd0, refractory};
        endcase
    end
    wire _unused = &{1'b0, host_write_data};

    // ---------------------------------------------------------------------------------------------- groups of lanes
    wire changes = fires && gate_open;
    reg  [LANES-1:0] gathered;  // of the group so far: who depresses, or who changes
    wire [LANES-1:0] lane_bit = {{(LANES-1){1'b0}}, 1'b1} << lane;
    wire [LANES-1:0] gathering = (state == DECAY_WRITE ? depresses : changes) ? gathered | lane_bit : gathered;
    bicall_memory #(.BITS(LANES), .WORDS(GROUPS)) depressed_words (
        .clk(clk), .read(group_read), .read_address(read_group), .read_data(depressed),
        .write(state == DECAY_WRITE && last_lane), .write_address(group), .write_data(gathering)
    );
    assign fired_write = group_written;
    assign fired_lanes = gathering;

    // ---------------------------------------------------------------------------------------------- sequence
    localparam [3:0] DECAY_FIRST = Y_ROUNDING == 2 ? DECAY_Y : S_ROUNDING == 2 ? DECAY_S : DECAY_TRACES;
    localparam DRAWS = Y_ROUNDING == 2 || S_ROUNDING == 2;
    always @(posedge clk) begin
        random_start <= 1'b0;
        if (transmitted) arrived <= arrived + 1'b1;
        if (advances) begin
            neuron <= neuron_ahead;
            lane <= last_lane ? {LANE_BITS{1'b0}} : lane + 1'b1;
            group <= group_ahead;
            gathered <= last_lane ? {LANES{1'b0}} : gathering;
        end
        case (state)
            REST: begin
                if (decay) begin
                    arrived <= 0;
                    any_depressed <= 1'b0;
                    any_fired <= 1'b0;
                end
                state <= decay ? DECAY_READ : integrate ? NEURON_READ : forget ? FORGET : REST;
            end
            FORGET: if (last_neuron) state <= REST;

            DECAY_READ: begin
                random_start <= DRAWS;
                state <= DECAY_FIRST;
            end
            DECAY_Y: if (random_done) begin
                y_random <= random_word;
                random_start <= S_ROUNDING == 2;
                state <= S_ROUNDING == 2 ? DECAY_S : DECAY_TRACES;
            end
            DECAY_S: if (random_done) state <= DECAY_TRACES;
            DECAY_TRACES: state <= DECAY_WRITE;
            DECAY_WRITE: begin
                any_depressed <= any_depressed || depresses;
                random_start <= DRAWS && !last_neuron;
                state <= last_neuron ? REST : DECAY_FIRST;
            end

            // bicall_neuron takes its steps meanwhile
            NEURON_READ: state <= NEURON_COUNT;
            NEURON_COUNT: begin
                high <= counts[lane*COUNT_BITS +: COUNT_BITS];
                given <= (taught ? {teacher_weight[16], teacher_weight} : 18'sd0)
                         + (driven ? {drive_weight[16], drive_weight} : 18'sd0);
                state <= NEURON_SUM;
            end
            NEURON_SUM: begin
                arriving <= sum;
                state <= NEURON_PUSH;
            end
            NEURON_PUSH: state <= NEURON_FIRE;
            NEURON_FIRE: begin
                integrated <= {current_next, membrane_next, refractory_next};
                fires <= fired;
                state <= NEURON_WRITE;
            end
            default: if (written) begin  // NEURON_WRITE
                any_fired <= any_fired || changes;
                state <= last_neuron ? REST : NEURON_COUNT;
            end
        endcase
        if (rst) begin
            state <= FORGET;
            neuron <= 0;
            lane <= 0;
            group <= 0;
            gathered <= 0;
            random_start <= 1'b0;
        end
    end
endmodule
`default_nettype wire
