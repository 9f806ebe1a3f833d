// bicall_core: AXONS x NEURONS plastic synapses that learn by the bistable calcium rule.
//
// Ticks are the host's: it streams the spikes of a tick in, then an end of tick; the core streams out the tick's
// postsynaptic spikes, then an end of tick (with tlast), the barrier. See docs/rtl.md for the events, the registers and
// the cycle counts. What happens in a tick, and in which order, is the tick contract of docs/specification.md.
//
// Synapses lie in a memory that is read and written by row only. An axon's spike brings its row up to date
// (bicall_catch_up says how, a lane a synapse does it) and transmits it. Postsynaptic spikes touch no synapse: they wait
// in bicall_archive. When that is full, a sweep brings all rows up to date.
//
// Latency:    a tick takes about 8 * NEURONS cycles, and each spike GROUPS * (items + 2) cycles and those of
//             bicall_catch_up. Throughput: one event at a time; events wait in a buffer.
// Parameters: AXONS, NEURONS  size of the core
//             LANES           synapses that are updated at once; a row of the memory is GROUPS words of LANES synapses
//             DEPTH           entries of the archive of postsynaptic spikes, at least 2
//             BUFFER_LOG2     base-2 logarithm of the events in each buffer
//             IMAGE           file for $readmemh with the first h, a word a line; none: the host writes h
//             widths in bits and roundings as in bicall_constants.vh

`include "bicall_constants.vh"

module bicall_core #(
    parameter AXONS = 256,
    parameter NEURONS = 256,
    parameter LANES = 16,
    parameter DEPTH = 32,
    parameter BUFFER_LOG2 = 4,
    parameter IMAGE = "",
    parameter H_BITS = `BICALL_H_BITS,
    parameter STEP_FRACTION_BITS = `BICALL_STEP_FRACTION_BITS,
    parameter X_BITS = `BICALL_X_BITS,
    parameter Y_BITS = `BICALL_Y_BITS,
    parameter S_BITS = `BICALL_S_BITS,
    parameter H_ROUNDING = `BICALL_H_ROUNDING,
    parameter X_ROUNDING = `BICALL_X_ROUNDING,
    parameter Y_ROUNDING = `BICALL_Y_ROUNDING,
    parameter S_ROUNDING = `BICALL_S_ROUNDING
) (
    input  wire        clk,
    input  wire        rst,

    // events: kind in bits 31:30 (0 axon's spike, 1 teacher's spike, 2 end of tick, 3 reset between samples), number in 15:0
    input  wire        s_axis_tvalid,
    output wire        s_axis_tready,
    input  wire [31:0] s_axis_tdata,
    output wire        m_axis_tvalid,
    input  wire        m_axis_tready,
    output wire [31:0] m_axis_tdata,
    output wire        m_axis_tlast,

    // registers and state
    input  wire [23:0] s_axil_awaddr,
    input  wire [2:0]  s_axil_awprot,
    input  wire        s_axil_awvalid,
    output wire        s_axil_awready,
    input  wire [31:0] s_axil_wdata,
    input  wire [3:0]  s_axil_wstrb,
    input  wire        s_axil_wvalid,
    output wire        s_axil_wready,
    output wire [1:0]  s_axil_bresp,
    output wire        s_axil_bvalid,
    input  wire        s_axil_bready,
    input  wire [23:0] s_axil_araddr,
    input  wire [2:0]  s_axil_arprot,
    input  wire        s_axil_arvalid,
    output wire        s_axil_arready,
    output wire [31:0] s_axil_rdata,
    output wire [1:0]  s_axil_rresp,
    output wire        s_axil_rvalid,
    input  wire        s_axil_rready
);
    localparam GROUPS = (NEURONS + LANES - 1) / LANES;
    localparam GROUP_BITS = (GROUPS > 1) ? $clog2(GROUPS) : 1;
    localparam LANE_BITS = (LANES > 1) ? $clog2(LANES) : 1;
    localparam AXON_BITS = (AXONS > 1) ? $clog2(AXONS) : 1;
    localparam NEURON_BITS = (NEURONS > 1) ? $clog2(NEURONS) : 1;
    localparam COUNT_BITS = $clog2(AXONS + 1);
    localparam ENTRY_BITS = $clog2(DEPTH);
    localparam STEP_BITS = H_BITS + STEP_FRACTION_BITS + 1;
    localparam ITEM_BITS = 2 * H_BITS + STEP_BITS + 16;
    localparam ROW_BITS = X_BITS + 64 + ENTRY_BITS + 1;
    localparam NEURON_STATE_BITS = 57 + Y_BITS + S_BITS;
    localparam WORDS = AXONS * GROUPS;
    localparam WORD_BITS = (WORDS > 1) ? $clog2(WORDS) : 1;

    localparam [1:0] AXON_SPIKE = 0, TEACHER_SPIKE = 1, END_OF_TICK = 2, RESET = 3;
    localparam [4:0]
        CLEAR = 0, IDLE = 1, HOST_READ = 2, HOST_DONE = 3,
        DECAY_READ = 4, DECAY_Y = 5, DECAY_S = 6, DECAY_WRITE = 7, TEACH = 8,
        ROW_READ = 9, ROW_START = 10, ROW_WAIT = 11, GROUP_READ = 12, GROUP_APPLY = 13, ROW_WRITE = 14,
        NEURON_READ = 15, NEURON_SUM = 16, NEURON_INTEGRATE = 17, NEURON_WRITE = 18, TICK_DONE = 19, BARRIER = 20,
        SWEEP_DONE = 21, FORGET = 22;
    reg [4:0] state;
    reg       in_tick;   // some of the tick's events have come, but not yet its end
    reg       sweeping /* verilator public_flat_rd */;  // rows are brought up to date one after the other, not by a spike
    reg       ending;    // the sweep belongs to the end of a tick

    // ---------------------------------------------------------------------------------------------- streams
    wire        event_valid, event_ready, spike_ready;
    wire [31:0] event_data;
    wire        out_push;
    wire [32:0] out_data;
    bicall_fifo #(.BITS(32), .DEPTH_LOG2(BUFFER_LOG2)) events_in (
        .clk(clk), .rst(rst), .in_valid(s_axis_tvalid), .in_ready(s_axis_tready), .in_data(s_axis_tdata),
        .out_valid(event_valid), .out_ready(event_ready), .out_data(event_data)
    );
    bicall_fifo #(.BITS(33), .DEPTH_LOG2(BUFFER_LOG2)) spikes_out (
        .clk(clk), .rst(rst), .in_valid(out_push), .in_ready(spike_ready), .in_data(out_data),
        .out_valid(m_axis_tvalid), .out_ready(m_axis_tready), .out_data({m_axis_tlast, m_axis_tdata})
    );
    wire [1:0]  event_kind = event_data[31:30];
    wire [15:0] event_number = event_data[15:0];
    wire        event_known = event_data[29:16] == 0 &&
        (event_kind == AXON_SPIKE ? {16'd0, event_number} < AXONS :
         event_kind == TEACHER_SPIKE ? {16'd0, event_number} < NEURONS : event_number == 0 && !(event_kind == RESET && in_tick));

    // ---------------------------------------------------------------------------------------------- host
    wire        host_request, host_write, host_acknowledge, host_error;
    wire [21:0] host_address;
    wire [31:0] host_write_data, host_read_data;
    bicall_axi_lite #(.ADDRESS_BITS(24)) host (
        .clk(clk), .rst(rst),
        .s_axil_awaddr(s_axil_awaddr), .s_axil_awprot(s_axil_awprot), .s_axil_awvalid(s_axil_awvalid),
        .s_axil_awready(s_axil_awready), .s_axil_wdata(s_axil_wdata), .s_axil_wstrb(s_axil_wstrb),
        .s_axil_wvalid(s_axil_wvalid), .s_axil_wready(s_axil_wready), .s_axil_bresp(s_axil_bresp),
        .s_axil_bvalid(s_axil_bvalid), .s_axil_bready(s_axil_bready), .s_axil_araddr(s_axil_araddr),
        .s_axil_arprot(s_axil_arprot), .s_axil_arvalid(s_axil_arvalid), .s_axil_arready(s_axil_arready),
        .s_axil_rdata(s_axil_rdata), .s_axil_rresp(s_axil_rresp), .s_axil_rvalid(s_axil_rvalid),
        .s_axil_rready(s_axil_rready),
        .request(host_request), .write(host_write), .address(host_address), .write_data(host_write_data),
        .acknowledge(host_acknowledge), .read_data(host_read_data), .error(host_error)
    );

    // regions: 0 registers, 1 neurons (4 words each), 2 rows (4 words each), 3 h (a word a synapse)
    wire [1:0]  host_region = host_address[21:20];
    wire [17:0] host_item = host_address[19:2];
    wire [LANE_BITS-1:0] host_lane = host_address[LANE_BITS-1:0];
    wire [19:0] host_group_row = host_address[19:0] >> LANE_BITS;
    wire [19:0] host_group = (GROUPS > 1) ? host_group_row & ((1 << GROUP_BITS) - 1) : 20'd0;
    wire [19:0] host_row = (GROUPS > 1) ? host_group_row >> GROUP_BITS : host_group_row;
    wire host_state_exists =
        host_region == 2'd1 ? {14'd0, host_item} < NEURONS :
        host_region == 2'd2 ? {14'd0, host_item} < AXONS && !(host_write && host_address[1:0] != 0) :
        {12'd0, host_row} < AXONS && {12'd0, host_group} * LANES + {{(32-LANE_BITS){1'b0}}, host_lane} < NEURONS
        && {{(32-LANE_BITS){1'b0}}, host_lane} < LANES;

    wire [31:0] written = host_write_data;
    wire state_write_error =
        host_region == 2'd1 ? (
            host_address[1:0] == 2'd0 ? |(written & ~(((32'd1 << Y_BITS) - 1) | (((32'd1 << S_BITS) - 1) << 16))) :
            host_address[1:0] == 2'd1 ? written != {{7{written[24]}}, written[24:0]} :
            host_address[1:0] == 2'd2 ? written != {{8{written[23]}}, written[23:0]} : |written[31:8]) :
        host_region == 2'd2 ? |written[31:X_BITS] : |written[31:H_BITS];

    // registers of the core itself: words 0 to 31; constants: words 32 to 63
    reg         learn, flush;
    reg  [31:0] tick /* verilator public_flat_rd */;
    reg  [31:0] seed, dropped, sweeps, words_read, words_written;
    reg  [31:0] drifts;      // drift ticks until now
    reg  [24:0] phase;       // tick modulo drift period
    reg  [31:0] live_from;   // first tick after the last reset
    reg  [27:0] row_base, column_base;
    reg  [15:0] column_turn;

    wire register_access = host_request && host_region == 2'd0;
    wire register_write = register_access && host_write;
    wire host_on_constant = host_address[19:5] == 15'd1;
    wire host_on_own = host_address[19:5] == 15'd0;
    wire [4:0] own = host_address[4:0];
    reg  [31:0] own_data;
    reg         own_error;
    wire [31:0] constant_data;
    wire        constant_error;
    always @* begin
        own_error = 1'b0;
        own_data = 32'd0;
        case (own)
            5'd0: begin own_data = 32'h00B1CA11; own_error = host_write; end
            5'd1: begin own_data = AXONS; own_error = host_write; end
            5'd2: begin own_data = NEURONS; own_error = host_write; end
            5'd3: begin own_data = {31'd0, learn}; own_error = host_write && |host_write_data[31:1]; end
            5'd4: begin own_data = {31'd0, flush}; own_error = host_write && host_write_data != 32'd1; end
            5'd5: begin own_data = {30'd0, in_tick, state != IDLE || event_valid}; own_error = host_write; end
            5'd6: begin own_data = dropped; own_error = host_write && host_write_data != 32'd0; end
            5'd7: begin own_data = tick; own_error = host_write && in_tick; end
            5'd8: begin own_data = {7'd0, phase}; own_error = host_write && (in_tick || |host_write_data[31:25]); end
            5'd9: own_data = seed;
            5'd10: begin own_data = {4'd0, row_base}; own_error = host_write && |host_write_data[31:28]; end
            5'd11: begin own_data = {4'd0, column_base}; own_error = host_write && |host_write_data[31:28]; end
            5'd12: begin own_data = {16'd0, column_turn}; own_error = host_write && |host_write_data[31:16]; end
            5'd13: begin own_data = sweeps; own_error = host_write; end
            5'd14: begin own_data = words_read; own_error = host_write; end
            5'd15: begin own_data = words_written; own_error = host_write; end
            5'd16: begin own_data = LANES; own_error = host_write; end
            default: own_error = 1'b1;
        endcase
    end
    wire own_write = register_write && host_on_own && !own_error;
    wire host_state_done = state == HOST_DONE;
    assign host_acknowledge = register_access || host_state_done || (host_request && !host_state_exists);
    assign host_error = host_region == 2'd0 ? (host_on_own ? own_error : !host_on_constant || constant_error)
                                            : !host_state_exists || (host_write && state_write_error);

    // ---------------------------------------------------------------------------------------------- constants
    wire [12:0] x_decay, x_bump, y_decay, y_bump, s_decay, s_bump, current_decay, membrane_decay;
    wire [STEP_BITS-1:0] potentiation;
    wire signed [STEP_BITS-1:0] depression_pre, depression_post;
    wire [X_BITS-1:0] pre_threshold;
    wire [Y_BITS-1:0] post_threshold;
    wire signed [S_BITS+1:0] gate_low, gate_high;
    wire [H_BITS-1:0] drift_up, drift_down;
    wire signed [16:0] weight_low, weight_high, teacher_weight;
    wire signed [23:0] membrane_threshold, membrane_floor;
    wire [24:0] drift_period;
    wire [7:0] refractory_ticks;
    bicall_registers #(
        .H_BITS(H_BITS), .STEP_FRACTION_BITS(STEP_FRACTION_BITS), .X_BITS(X_BITS), .Y_BITS(Y_BITS), .S_BITS(S_BITS)
    ) constants (
        .clk(clk), .rst(rst), .write(register_write && host_on_constant), .index(own), .write_data(host_write_data),
        .read_data(constant_data), .error(constant_error),
        .x_decay(x_decay), .x_bump(x_bump), .y_decay(y_decay), .y_bump(y_bump), .s_decay(s_decay), .s_bump(s_bump),
        .potentiation(potentiation), .depression_pre(depression_pre), .depression_post(depression_post),
        .pre_threshold(pre_threshold), .post_threshold(post_threshold), .gate_low(gate_low), .gate_high(gate_high),
        .drift_up(drift_up), .drift_down(drift_down), .weight_low(weight_low), .weight_high(weight_high),
        .teacher_weight(teacher_weight), .current_decay(current_decay), .membrane_decay(membrane_decay),
        .membrane_threshold(membrane_threshold), .membrane_floor(membrane_floor), .drift_period(drift_period),
        .refractory_ticks(refractory_ticks)
    );

    // ---------------------------------------------------------------------------------------------- counters
    reg [AXON_BITS-1:0]   row /* verilator public_flat_rd */;       // the one that is brought up to date
    reg [NEURON_BITS-1:0] neuron;
    reg [GROUP_BITS-1:0]  group /* verilator public_flat_rd */;     // of the neuron, or of the row's synapses
    reg [LANE_BITS-1:0]   lane;      // of the neuron
    reg [WORD_BITS-1:0]   row_place; // of the row's first word
    reg [15:0]            clearing;
    localparam [31:0] LAST_NEURON = NEURONS - 1, LAST_LANE = LANES - 1, LAST_GROUP = GROUPS - 1, LAST_ROW = AXONS - 1;
    wire last_neuron = neuron == LAST_NEURON[NEURON_BITS-1:0];
    wire last_lane = lane == LAST_LANE[LANE_BITS-1:0] || last_neuron;
    wire last_group = group == LAST_GROUP[GROUP_BITS-1:0];
    wire last_row = row == LAST_ROW[AXON_BITS-1:0];
    wire [31:0] event_word = {16'd0, event_number} * GROUPS;
    localparam [31:0] GROUPS_A_ROW = GROUPS;
    localparam [31:0] GROUP_TURN = LANES * `BICALL_COLUMN_STEP;

    // ---------------------------------------------------------------------------------------------- random source
    wire        walk_random_start;
    wire [3:0]  walk_random_stream;
    wire [27:0] walk_random_index;
    wire [31:0] walk_random_tick;
    reg         trace_random_start;
    wire        random_done;
    wire [31:0] random_word;
    wire        trace_asks = state == DECAY_READ || state == DECAY_Y || state == DECAY_S;
    wire [3:0]  trace_stream = state == DECAY_S ? `BICALL_STREAM_ROUND_S : `BICALL_STREAM_ROUND_Y;
    bicall_random random (
        .clk(clk), .rst(rst), .start(trace_asks ? trace_random_start : walk_random_start), .seed(seed),
        .stream(trace_asks ? trace_stream : walk_random_stream),
        .index(trace_asks ? column_base + {{(28-NEURON_BITS){1'b0}}, neuron} : walk_random_index),
        .tick(trace_asks ? tick : walk_random_tick), .done(random_done), .word(random_word)
    );

    // ---------------------------------------------------------------------------------------------- neurons
    reg                          neuron_write;
    reg  [NEURON_STATE_BITS-1:0] neuron_next;
    wire [NEURON_STATE_BITS-1:0] neuron_state;
    bicall_memory #(.BITS(NEURON_STATE_BITS), .WORDS(NEURONS)) neurons (
        .clk(clk), .read(state == DECAY_READ || state == NEURON_READ || state == HOST_READ),
        .read_address(state == HOST_READ ? host_item[NEURON_BITS-1:0] : neuron), .read_data(neuron_state),
        .write(neuron_write),
        .write_address(state == HOST_DONE ? host_item[NEURON_BITS-1:0] :
                       state == CLEAR ? clearing[NEURON_BITS-1:0] : neuron),
        .write_data(neuron_next)
    );
    wire [7:0]         refractory = neuron_state[7:0];
    wire signed [23:0] membrane = neuron_state[31:8];
    wire signed [24:0] current = neuron_state[56:32];
    wire [Y_BITS-1:0]  y = neuron_state[57 +: Y_BITS];
    wire [S_BITS-1:0]  s = neuron_state[57+Y_BITS +: S_BITS];

    reg  [15:0] y_random;
    wire [Y_BITS-1:0] y_decayed, y_bumped;
    wire [S_BITS-1:0] s_decayed, s_bumped;
    bicall_trace #(.BITS(Y_BITS), .ROUNDING(Y_ROUNDING)) y_trace (
        .trace(y), .decay(y_decay), .bump(y_bump), .random(y_random), .decayed(y_decayed), .bumped(y_bumped)
    );
    bicall_trace #(.BITS(S_BITS), .ROUNDING(S_ROUNDING)) s_trace (
        .trace(s), .decay(s_decay), .bump(s_bump), .random(random_word[15:0]), .decayed(s_decayed), .bumped(s_bumped)
    );
    wire signed [S_BITS+1:0] gate_decayed = {2'b00, s_decayed}, gate_bumped = {2'b00, s_bumped};
    wire depresses = learn && gate_low < gate_decayed && gate_decayed < gate_high && y_decayed > post_threshold;
    wire potentiates = learn && gate_low < gate_bumped && gate_bumped < gate_high;

    // spikes that arrived at each neuron in this tick through a high weight; and the teacher's
    reg  [COUNT_BITS-1:0] arrived;  // spikes of axons in this tick
    wire [LANES*COUNT_BITS-1:0] counts, counts_next;
    reg  [LANES-1:0] lanes;  // of a group: those gathered so far that depress, or that fired
    wire [LANES-1:0] depressed;
    wire taught;
    reg  fired_now;
    wire neuron_written = state == NEURON_WRITE && (spike_ready || !fired_now);
    wire group_written = neuron_written && last_lane;
    wire group_done /* verilator public_flat_rd */;
    wire clear_group = state == CLEAR && {16'd0, clearing} < GROUPS;
    bicall_memory #(.BITS(LANES*COUNT_BITS), .WORDS(GROUPS)) count_words (
        .clk(clk), .read(state == GROUP_READ || state == NEURON_READ), .read_address(group), .read_data(counts),
        .write(clear_group || group_written || (group_done && !sweeping)),
        .write_address(clear_group ? clearing[GROUP_BITS-1:0] : group),
        .write_data(group_done ? counts_next : {LANES*COUNT_BITS{1'b0}})
    );
    wire clear_neuron = state == CLEAR && {16'd0, clearing} < NEURONS;
    bicall_memory #(.BITS(1), .WORDS(NEURONS)) taught_bits (
        .clk(clk), .read(state == NEURON_READ), .read_address(neuron), .read_data(taught),
        .write(clear_neuron || neuron_written || state == TEACH),
        .write_address(clear_neuron ? clearing[NEURON_BITS-1:0] : neuron), .write_data(state == TEACH)
    );
    wire [LANES-1:0] lane_bit = {{(LANES-1){1'b0}}, 1'b1} << lane;
    bicall_memory #(.BITS(LANES), .WORDS(GROUPS)) depressed_words (
        .clk(clk), .read(state == GROUP_READ), .read_address(group), .read_data(depressed),
        .write(state == DECAY_WRITE && last_lane), .write_address(group),
        .write_data(depresses ? lanes | lane_bit : lanes)
    );

    wire [COUNT_BITS-1:0] high = counts[lane*COUNT_BITS +: COUNT_BITS];
    wire [COUNT_BITS-1:0] low = arrived - high;
    // the host keeps the sum below 2^18
    wire signed [18+COUNT_BITS:0] sum = $signed({1'b0, high}) * weight_high + $signed({1'b0, low}) * weight_low
                                        + $signed({{(COUNT_BITS+2){taught && teacher_weight[16]}}, teacher_weight & {17{taught}}});
    reg signed [18:0] arriving;
    wire signed [24:0] current_next;
    wire signed [23:0] membrane_next;
    wire [7:0] refractory_next;
    wire fired;
    bicall_neuron lif (
        .current(current), .membrane(membrane), .refractory(refractory), .arriving(arriving),
        .current_decay(current_decay), .membrane_decay(membrane_decay), .membrane_threshold(membrane_threshold),
        .membrane_floor(membrane_floor), .refractory_ticks(refractory_ticks),
        .current_next(current_next), .membrane_next(membrane_next), .refractory_next(refractory_next), .fired(fired)
    );
    reg [56:0] integrated;
    wire changes = fired_now && potentiates;

    always @* begin
        neuron_write = 1'b0;
        neuron_next = {NEURON_STATE_BITS{1'b0}};
        case (state)
            CLEAR: neuron_write = clear_neuron;
            FORGET: neuron_write = 1'b1;
            DECAY_WRITE: begin
                neuron_write = 1'b1;
                neuron_next = {s_decayed, y_decayed, neuron_state[56:0]};
            end
            NEURON_WRITE: begin
                neuron_write = neuron_written;
                neuron_next = {fired_now ? s_bumped : s, fired_now ? y_bumped : y, integrated};
            end
            HOST_DONE: begin
                neuron_write = host_write && host_region == 2'd1 && !state_write_error;
                neuron_next = neuron_state;
                case (host_address[1:0])
                    2'd0: neuron_next[57 +: Y_BITS+S_BITS] = {host_write_data[16 +: S_BITS], host_write_data[0 +: Y_BITS]};
                    2'd1: neuron_next[56:32] = host_write_data[24:0];
                    2'd2: neuron_next[31:8] = host_write_data[23:0];
                    default: neuron_next[7:0] = host_write_data[7:0];
                endcase
            end
            default: ;
        endcase
    end

    // ---------------------------------------------------------------------------------------------- archive
    reg  any_changed;  // some neuron's synapses learn from this tick's spikes
    reg  any_depressed;
    wire [ENTRY_BITS:0] entries;
    wire [ENTRY_BITS-1:0] entry_address;
    wire [95:0] entry;
    wire [ENTRY_BITS-1:0] fired_entry;
    wire [LANES-1:0] fired_lanes;
    wire archive_append = state == TICK_DONE && any_changed;
    bicall_archive #(.DEPTH(DEPTH), .GROUPS(GROUPS), .LANES(LANES)) archive (
        .clk(clk), .rst(rst), .clear(state == SWEEP_DONE), .append(archive_append),
        .append_entry({tick, drifts, live_from}),
        .fired_write(group_written), .fired_write_group(group), .fired_write_lanes(changes ? lanes | lane_bit : lanes),
        .entries(entries), .entry_address(entry_address), .entry(entry),
        .fired_entry(fired_entry), .fired_group(group), .fired_lanes(fired_lanes)
    );

    // ---------------------------------------------------------------------------------------------- rows
    wire [ROW_BITS-1:0] row_state;
    wire row_up_to_date = state == ROW_WRITE;
    wire host_writes_row = state == HOST_DONE && host_write && host_region == 2'd2 && !state_write_error;
    wire clear_row = state == CLEAR && {16'd0, clearing} < AXONS;
    wire [X_BITS-1:0] x_now;
    bicall_memory #(.BITS(ROW_BITS), .WORDS(AXONS)) rows (
        .clk(clk), .read(state == ROW_READ || state == HOST_READ),
        .read_address(state == HOST_READ ? host_item[AXON_BITS-1:0] : row), .read_data(row_state),
        .write(clear_row || row_up_to_date || host_writes_row),
        .write_address(clear_row ? clearing[AXON_BITS-1:0] : host_writes_row ? host_item[AXON_BITS-1:0] : row),
        .write_data(clear_row ? {ROW_BITS{1'b0}} :
                    {host_writes_row ? host_write_data[X_BITS-1:0] : x_now, tick, drifts,
                     sweeping && !host_writes_row ? {(ENTRY_BITS+1){1'b0}} : entries})
    );
    wire [ENTRY_BITS:0] row_entry = row_state[ENTRY_BITS:0];
    wire [31:0] row_drifts = row_state[ENTRY_BITS+1 +: 32];
    wire [31:0] row_tick = row_state[ENTRY_BITS+33 +: 32];
    wire [X_BITS-1:0] row_x = row_state[ENTRY_BITS+65 +: X_BITS];
    wire twice = !sweeping && row_tick == tick;  // a second spike of an axon in one tick

    wire walk_done, item_write;
    wire [ENTRY_BITS:0] items, item_address;
    wire [ITEM_BITS-1:0] item_made;
    bicall_catch_up #(
        .DEPTH(DEPTH), .H_BITS(H_BITS), .STEP_FRACTION_BITS(STEP_FRACTION_BITS), .X_BITS(X_BITS),
        .X_ROUNDING(X_ROUNDING), .H_ROUNDING(H_ROUNDING)
    ) catch_up (
        .clk(clk), .rst(rst), .start(state == ROW_START && !twice), .spike(!sweeping), .depresses(any_depressed),
        .done(walk_done), .items(items),
        .row_number(row_base + {{(28-AXON_BITS){1'b0}}, row}), .row_x(row_x), .row_tick(row_tick),
        .row_drifts(row_drifts), .row_entry(row_entry), .x_now(x_now),
        .tick(tick), .drifts(drifts), .live_from(live_from), .entries(entries),
        .entry_address(entry_address), .entry(entry),
        .item_write(item_write), .item_address(item_address), .item(item_made),
        .x_decay(x_decay), .x_bump(x_bump), .potentiation(potentiation), .depression_pre(depression_pre),
        .depression_post(depression_post), .pre_threshold(pre_threshold), .drift_up(drift_up), .drift_down(drift_down),
        .random_start(walk_random_start), .random_stream(walk_random_stream), .random_index(walk_random_index),
        .random_tick(walk_random_tick), .random_done(random_done), .random_word(random_word[15:0])
    );

    // ---------------------------------------------------------------------------------------------- synapses
    reg  [ENTRY_BITS:0] k;  // the item that is applied
    wire last_item = k == items - 1'b1;
    wire [ENTRY_BITS:0] k_fetched = state == GROUP_APPLY ? k + 1'b1 : {(ENTRY_BITS+1){1'b0}};
    wire [ITEM_BITS-1:0] item;
    bicall_memory #(.BITS(ITEM_BITS), .WORDS(2 * DEPTH)) item_words (
        .clk(clk), .read(1'b1), .read_address(k_fetched), .read_data(item),
        .write(item_write), .write_address(item_address), .write_data(item_made)
    );
    assign fired_entry = row_entry[ENTRY_BITS-1:0] + k_fetched[ENTRY_BITS-1:0];

    wire [LANES*H_BITS-1:0] h_read;
    reg  [LANES*H_BITS-1:0] h_word;
    wire [LANES*H_BITS-1:0] h_next /* verilator public_flat_rd */;
    wire [LANES-1:0] w;
    reg  [LANES*H_BITS-1:0] h_written;
    wire host_writes_h = state == HOST_DONE && host_write && host_region == 2'd3 && !state_write_error;
    wire [31:0] host_word = {12'd0, host_row} * GROUPS + {12'd0, host_group};
    wire [WORD_BITS-1:0] host_place = host_word[WORD_BITS-1:0];
    wire [WORD_BITS-1:0] place = row_place + {{(WORD_BITS-GROUP_BITS){1'b0}}, group};
    assign group_done = state == GROUP_APPLY && last_item;
    wire [LANES-1:0] learning_lanes = !last_item ? fired_lanes : sweeping ? {LANES{1'b0}} : depressed;
    reg touched;  // an item before this one may have changed the word
    wire touches = |{item[ITEM_BITS-1 -: 2*H_BITS], learning_lanes};
    bicall_memory #(.BITS(LANES*H_BITS), .WORDS(WORDS), .IMAGE(IMAGE)) synapses (
        .clk(clk), .read(state == GROUP_READ || state == HOST_READ),
        .read_address(state == HOST_READ ? host_place : place), .read_data(h_read),
        .write(host_writes_h || (group_done && (touched || touches))),
        .write_address(host_writes_h ? host_place : place), .write_data(h_written)
    );
    always @* begin
        h_written = h_next;
        if (host_writes_h) begin
            h_written = h_read;
            h_written[host_lane*H_BITS +: H_BITS] = host_write_data[H_BITS-1:0];
        end
    end

    reg  [15:0] group_turn;
    wire [15:0] group_word = item[15:0] + group_turn;
    genvar l;
    generate
        for (l = 0; l < LANES; l = l + 1) begin : synapse
            localparam [31:0] TURN = l * `BICALL_COLUMN_STEP;
            bicall_synapse #(
                .H_BITS(H_BITS), .STEP_FRACTION_BITS(STEP_FRACTION_BITS), .ROUNDING(H_ROUNDING)
            ) update (
                .h(k == 0 ? h_read[l*H_BITS +: H_BITS] : h_word[l*H_BITS +: H_BITS]),
                .drift_up(item[ITEM_BITS-1 -: H_BITS]), .drift_down(item[ITEM_BITS-1-H_BITS -: H_BITS]),
                .learn(learning_lanes[l]), .step(item[16 +: STEP_BITS]), .row_word(group_word),
                .column_turn(TURN[15:0]), .w(w[l]), .h_next(h_next[l*H_BITS +: H_BITS])
            );
            assign counts_next[l*COUNT_BITS +: COUNT_BITS] =
                counts[l*COUNT_BITS +: COUNT_BITS] + {{(COUNT_BITS-1){1'b0}}, w[l]};
        end
    endgenerate

    // ---------------------------------------------------------------------------------------------- host's view
    reg [31:0] state_data;
    always @* begin
        state_data = 32'd0;
        case ({host_region, host_address[1:0]})
            4'b0100: begin state_data[Y_BITS-1:0] = y; state_data[16 +: S_BITS] = s; end
            4'b0101: state_data = {{7{current[24]}}, current};
            4'b0110: state_data = {{8{membrane[23]}}, membrane};
            4'b0111: state_data = {24'd0, refractory};
            4'b1000: state_data = {{(32-X_BITS){1'b0}}, row_x};
            4'b1001: state_data = row_tick;
            4'b1010: state_data = row_drifts;
            4'b1011: state_data = {{(31-ENTRY_BITS){1'b0}}, row_entry};
            default: state_data = {{(32-H_BITS){1'b0}}, h_read[host_lane*H_BITS +: H_BITS]};
        endcase
    end
    assign host_read_data = host_region != 2'd0 ? state_data : host_on_own ? own_data : constant_data;

    // ---------------------------------------------------------------------------------------------- sequence
    wire serves_host = host_request && host_region != 2'd0 && host_state_exists;
    wire flushes = flush && !in_tick;
    wire begins_tick = !in_tick && event_known && event_kind != RESET;
    assign event_ready = state == IDLE && !serves_host && !flushes && event_valid && !begins_tick;
    localparam [31:0] LAST_ENTRY = DEPTH - 1;
    wire fills_archive = any_changed && entries == LAST_ENTRY[ENTRY_BITS:0];
    wire drift_tick = phase + 1'b1 == drift_period;

    assign out_push = (state == NEURON_WRITE && fired_now) || state == BARRIER;
    assign out_data = state == BARRIER ? {1'b1, END_OF_TICK, 30'd0} : {{(33-NEURON_BITS){1'b0}}, neuron};

    wire _unused = &{1'b0, random_word, sum, host_word, event_word};

    always @(posedge clk) begin
        trace_random_start <= 1'b0;
        if (own_write) case (own)
            5'd3: learn <= host_write_data[0];
            5'd4: flush <= 1'b1;
            5'd6: dropped <= 32'd0;
            5'd7: tick <= host_write_data;
            5'd8: phase <= host_write_data[24:0];
            5'd9: seed <= host_write_data;
            5'd10: row_base <= host_write_data[27:0];
            5'd11: column_base <= host_write_data[27:0];
            5'd12: column_turn <= host_write_data[15:0];
            default: ;
        endcase

        case (state)
            CLEAR: begin
                clearing <= clearing + 1'b1;
                if ({16'd0, clearing} + 1 >= AXONS && {16'd0, clearing} + 1 >= NEURONS) state <= IDLE;
            end

            IDLE: begin
                neuron <= 0;
                group <= 0;
                lane <= 0;
                lanes <= 0;
                row <= 0;
                row_place <= 0;
                sweeping <= 1'b0;
                ending <= 1'b0;
                if (serves_host) state <= HOST_READ;
                else if (flushes) begin
                    sweeping <= 1'b1;
                    state <= ROW_READ;
                end else if (event_valid && begins_tick) begin
                    in_tick <= 1'b1;
                    tick <= tick + 1'b1;
                    phase <= drift_tick ? 25'd0 : phase + 1'b1;
                    if (learn && drift_tick) drifts <= drifts + 1'b1;
                    arrived <= 0;
                    any_depressed <= 1'b0;
                    any_changed <= 1'b0;
                    state <= DECAY_READ;
                end else if (event_valid) begin
                    if (!event_known) dropped <= dropped + 1'b1;
                    else case (event_kind)
                        AXON_SPIKE: begin
                            row <= event_number[AXON_BITS-1:0];
                            row_place <= event_word[WORD_BITS-1:0];
                            state <= ROW_READ;
                        end
                        TEACHER_SPIKE: begin
                            neuron <= event_number[NEURON_BITS-1:0];
                            state <= TEACH;
                        end
                        END_OF_TICK: state <= NEURON_READ;
                        default: begin
                            live_from <= tick + 1'b1;
                            state <= FORGET;
                        end
                    endcase
                end
            end

            HOST_READ: state <= HOST_DONE;
            HOST_DONE: state <= IDLE;
            TEACH: state <= IDLE;
            FORGET: begin
                neuron <= neuron + 1'b1;
                if (last_neuron) state <= IDLE;
            end

            // 1. of the contract: traces decay
            DECAY_READ: begin
                trace_random_start <= Y_ROUNDING == 2 || S_ROUNDING == 2;
                state <= Y_ROUNDING == 2 ? DECAY_Y : S_ROUNDING == 2 ? DECAY_S : DECAY_WRITE;
            end
            DECAY_Y: if (random_done) begin
                y_random <= random_word[15:0];
                trace_random_start <= S_ROUNDING == 2;
                state <= S_ROUNDING == 2 ? DECAY_S : DECAY_WRITE;
            end
            DECAY_S: if (random_done) state <= DECAY_WRITE;
            DECAY_WRITE: begin
                any_depressed <= any_depressed || depresses;
                lanes <= last_lane ? {LANES{1'b0}} : depresses ? lanes | lane_bit : lanes;
                lane <= last_lane ? {LANE_BITS{1'b0}} : lane + 1'b1;
                if (last_lane) group <= group + 1'b1;
                neuron <= neuron + 1'b1;
                state <= last_neuron ? IDLE : DECAY_READ;
            end

            // 2. and 3.: a row is brought up to date, transmitted and depressed
            ROW_READ: state <= ROW_START;
            ROW_START: begin
                if (twice) dropped <= dropped + 1'b1;
                state <= twice ? IDLE : ROW_WAIT;
            end
            ROW_WAIT: begin
                group <= 0;
                group_turn <= column_turn;
                if (walk_done) state <= GROUP_READ;
            end
            GROUP_READ: begin
                k <= 0;
                touched <= 1'b0;
                words_read <= words_read + 1'b1;
                state <= GROUP_APPLY;
            end
            GROUP_APPLY: begin
                k <= k + 1'b1;
                h_word <= h_next;
                touched <= touched || touches;
                if (last_item) begin
                    group <= group + 1'b1;
                    group_turn <= group_turn + GROUP_TURN[15:0];
                    if (touched || touches) words_written <= words_written + 1'b1;
                    state <= last_group ? ROW_WRITE : GROUP_READ;
                end
            end
            ROW_WRITE: begin
                row <= row + 1'b1;
                row_place <= row_place + GROUPS_A_ROW[WORD_BITS-1:0];
                if (!sweeping) arrived <= arrived + 1'b1;
                state <= !sweeping ? IDLE : last_row ? SWEEP_DONE : ROW_READ;
            end
            SWEEP_DONE: begin
                sweeps <= sweeps + 1'b1;
                if (!ending) flush <= 1'b0;
                state <= ending ? BARRIER : IDLE;
            end

            // 4. to 6.: neurons integrate and fire
            NEURON_READ: state <= NEURON_SUM;
            NEURON_SUM: begin
                arriving <= sum[18:0];
                state <= NEURON_INTEGRATE;
            end
            NEURON_INTEGRATE: begin
                integrated <= {current_next, membrane_next, refractory_next};
                fired_now <= fired;
                state <= NEURON_WRITE;
            end
            NEURON_WRITE: if (neuron_written) begin
                any_changed <= any_changed || changes;
                lanes <= last_lane ? {LANES{1'b0}} : changes ? lanes | lane_bit : lanes;
                lane <= last_lane ? {LANE_BITS{1'b0}} : lane + 1'b1;
                if (last_lane) group <= group + 1'b1;
                neuron <= neuron + 1'b1;
                state <= last_neuron ? TICK_DONE : NEURON_READ;
            end
            TICK_DONE: begin  // the archive takes the tick's spikes; if that fills it, all rows catch up
                row <= 0;
                row_place <= 0;
                ending <= 1'b1;
                sweeping <= fills_archive;
                state <= fills_archive ? ROW_READ : BARRIER;
            end
            default: if (spike_ready) begin  // BARRIER
                in_tick <= 1'b0;
                state <= IDLE;
            end
        endcase

        if (rst) begin
            state <= CLEAR;
            clearing <= 0;
            in_tick <= 1'b0;
            learn <= 1'b1;
            flush <= 1'b0;
            tick <= 32'd0;
            phase <= 25'd0;
            drifts <= 32'd0;
            live_from <= 32'd0;
            seed <= 32'd0;
            row_base <= 28'd0;
            column_base <= 28'd0;
            column_turn <= 16'd0;
            dropped <= 32'd0;
            sweeps <= 32'd0;
            words_read <= 32'd0;
            words_written <= 32'd0;
            trace_random_start <= 1'b0;
        end
    end
endmodule
