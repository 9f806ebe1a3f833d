// SPDX-License-Identifier: Apache-2.0
// bicall_core: AXONS x NEURONS plastic synapses that learn by the bistable calcium rule.
//
// Ticks are the host's: it streams the spikes of a tick in, then an end of tick; the core streams out the tick's
// postsynaptic spikes, then an end of tick (with tlast), the barrier. See docs/rtl.md for the events, the registers and
// the cycle counts. What happens in a tick, and in which order, is the tick contract of docs/specification.md.
//
// Synapses lie in a memory that is read and written by row only. An axon's spike brings its row up to date (bicall_rows
// finds out how, bicall_row_update does it, a lane a synapse) and transmits it. Postsynaptic spikes (bicall_population)
// touch no synapse: they wait in bicall_archive. When that is full, a sweep brings all rows up to date.
//
// This module joins the others and keeps their order: one event at a time, the host's accesses between two events.
//
// Latency:    a tick takes about 2 * NEURONS cycles, and each spike GROUPS * (items + 1) cycles and those of
//             bicall_catch_up. Throughput: one event at a time; events wait in a buffer.
// Parameters: AXONS, NEURONS  size of the core
//             LANES           synapses that are updated at once; a row of the memory is GROUPS words of LANES synapses
//             DEPTH           entries of the archive of postsynaptic spikes, at least 2
//             BUFFER_LOG2     base-2 logarithm of the events in each buffer
//             SPARSE          1: a bit a synapse says whether it exists; 0: all do
//             IMAGE           file for $readmemh with the first h, a word a line; none: the host writes h
//             widths in bits and roundings as in bicall_constants.vh

`include "bicall_constants.vh"

`default_nettype none
module bicall_core #(
    parameter AXONS = 256,
    parameter NEURONS = 256,
    parameter LANES = 16,
    parameter DEPTH = 32,
    parameter BUFFER_LOG2 = 4,
    parameter SPARSE = 0,
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

    // events: kind in bits 31:30 (0 axon's spike, 1 teacher's spike, or a drive with bit 29, 2 end of tick, 3 reset between
    // samples, or a learning enable with bit 29, its value in bit 28), number in 15:0
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
    localparam GROUPS = (LANES > 0) ? (NEURONS + LANES - 1) / LANES : 1;
    localparam GROUP_BITS = (GROUPS > 1) ? $clog2(GROUPS) : 1;
    localparam LANE_BITS = (LANES > 1) ? $clog2(LANES) : 1;
    localparam AXON_BITS = (AXONS > 1) ? $clog2(AXONS) : 1;
    localparam NEURON_BITS = (NEURONS > 1) ? $clog2(NEURONS) : 1;
    localparam PLACE_BITS = (AXONS * GROUPS > 1) ? $clog2(AXONS * GROUPS) : 1;
    localparam ENTRY_BITS = $clog2(DEPTH);
    localparam STEP_BITS = H_BITS + STEP_FRACTION_BITS + 1;
    localparam ITEM_BITS = 2 * H_BITS + STEP_BITS + 16;

    // parameters that cannot be: a module that is not there, whose name says why, ends elaboration in every tool
    generate
        if (AXONS < 1 || AXONS > 65536) begin : refused_axons
            AXONS_must_be_from_1_to_65536 refused ();
        end
        if (NEURONS < 1 || NEURONS > 65536) begin : refused_neurons
            NEURONS_must_be_from_1_to_65536 refused ();
        end
        if (LANES < 1 || LANES > 1024) begin : refused_lanes
            LANES_must_be_from_1_to_1024 refused ();
        end
        if (DEPTH < 2 || DEPTH > 65536) begin : refused_depth
            DEPTH_must_be_from_2_to_65536 refused ();
        end
        if (BUFFER_LOG2 < 1 || BUFFER_LOG2 > 16) begin : refused_buffer
            BUFFER_LOG2_must_be_from_1_to_16 refused ();
        end
        if (SPARSE != 0 && SPARSE != 1) begin : refused_sparse
            SPARSE_must_be_0_or_1 refused ();
        end
    endgenerate

    // ---------------------------------------------------------------------------------------------- sequence
    localparam [2:0] EVENTS = 0, HOST_READ = 1, HOST_DONE = 2, INTEGRATE = 3, BARRIER = 4;
    reg [2:0] state;
    reg       in_tick;  // some of the tick's events have come, but not yet its end
    reg       up_to_date;  // all rows, since before the next tick begins
    reg       renumber;    // the host has written ticks that the rows do not have yet
    wire      flushed = up_to_date && !in_tick;

    wire event_waits, axon_spike, teacher_spike, drive, end_of_tick, forget, enable, enabled, unknown;
    wire population_idle, rows_idle, state_request, flush, spike, spike_ready, any_fired;
    wire [ENTRY_BITS:0] entries;
    localparam [31:0] LAST_ENTRY = DEPTH - 1;

    // one thing at a time: new ticks for the rows, the host's access, a flush, the beginning of a tick, an event
    wire ready = population_idle && rows_idle;
    wire chooses = state == EVENTS && ready;
    wire starts_renumbering = chooses && renumber;
    wire starts_access = chooses && !renumber && state_request;
    wire starts_flush = chooses && !renumber && !state_request && flush && !in_tick;
    wire takes_event = chooses && !renumber && !state_request && !(flush && !in_tick);
    wire begins = takes_event && !in_tick && (axon_spike || teacher_spike || drive || end_of_tick);
    wire take = takes_event && !begins;
    wire integrated = state == INTEGRATE && ready;
    wire fills_archive = any_fired && entries == LAST_ENTRY[ENTRY_BITS:0];
    wire ends = state == BARRIER && ready && spike_ready;
    wire wipes = take && forget && last_sample;  // numbers of samples come round

    always @(posedge clk) begin
        case (state)
            EVENTS: begin
                if (begins) in_tick <= 1'b1;
                state <= starts_access ? HOST_READ : take && end_of_tick ? INTEGRATE : EVENTS;
            end
            HOST_READ: state <= HOST_DONE;
            HOST_DONE: state <= EVENTS;
            INTEGRATE: if (integrated) state <= BARRIER;  // if the tick fills the archive, all rows catch up
            default: if (ends) begin  // BARRIER
                in_tick <= 1'b0;
                state <= EVENTS;
            end
        endcase
        if (renumbered) renumber <= 1'b1;
        else if (starts_renumbering) renumber <= 1'b0;
        if (swept) up_to_date <= 1'b1;
        else if (begins) up_to_date <= 1'b0;
        if (rst) begin
            state <= EVENTS;
            in_tick <= 1'b0;
            up_to_date <= 1'b1;
            renumber <= 1'b0;
        end
    end

    // ---------------------------------------------------------------------------------------------- streams
    wire [AXON_BITS-1:0]   event_axon;
    wire [NEURON_BITS-1:0] event_neuron;
    bicall_event_input #(.AXONS(AXONS), .NEURONS(NEURONS), .BUFFER_LOG2(BUFFER_LOG2)) event_input (
        .clk(clk), .rst(rst), .s_axis_tvalid(s_axis_tvalid), .s_axis_tready(s_axis_tready), .s_axis_tdata(s_axis_tdata),
        .in_tick(in_tick), .waits(event_waits), .axon_spike(axon_spike), .teacher_spike(teacher_spike), .drive(drive),
        .end_of_tick(end_of_tick), .forget(forget), .enable(enable), .enabled(enabled), .unknown(unknown),
        .axon(event_axon), .neuron(event_neuron), .take(take)
    );
    wire [NEURON_BITS-1:0] neuron;
    wire tick_ends = state == BARRIER && ready;
    bicall_fifo #(.BITS(33), .DEPTH_LOG2(BUFFER_LOG2)) spike_output (
        .clk(clk), .rst(rst), .in_valid(spike || tick_ends), .in_ready(spike_ready),
        .in_data(tick_ends ? {1'b1, 32'h80000000} : {{(33-NEURON_BITS){1'b0}}, neuron}),
        .out_valid(m_axis_tvalid), .out_ready(m_axis_tready), .out_data({m_axis_tlast, m_axis_tdata})
    );

    // ---------------------------------------------------------------------------------------------- host
    wire [31:0] tick /* verilator public_flat_rd */;
    wire [31:0] drifts;
    wire [7:0]  sample;
    wire [24:0] phase, drift_period;
    wire [31:0] write_data, seed, register_data, neuron_data, row_data;
    wire [27:0] row_base, column_base;
    wire [15:0] column_turn;
    wire [5:0]  register_index;
    wire        learn, write_tick, write_phase, write_drifts, last_sample, renumbered, register_write, register_error;
    wire        state_write, of_neuron, of_row, of_h, twice, swept, group_read, word_written;
    wire [NEURON_BITS-1:0] host_neuron;
    wire [AXON_BITS-1:0]   host_row;
    wire [1:0]             host_field;
    wire [PLACE_BITS-1:0]  host_place;
    wire [LANE_BITS-1:0]   host_lane;
    wire [H_BITS:0]        host_h;  // its top bit: the synapse exists
    bicall_host #(
        .AXONS(AXONS), .NEURONS(NEURONS), .LANES(LANES), .GROUPS(GROUPS),
        .SPARSE(SPARSE), .H_BITS(H_BITS), .X_BITS(X_BITS), .Y_BITS(Y_BITS), .S_BITS(S_BITS)
    ) host (
        .clk(clk), .rst(rst),
        .s_axil_awaddr(s_axil_awaddr), .s_axil_awprot(s_axil_awprot), .s_axil_awvalid(s_axil_awvalid),
        .s_axil_awready(s_axil_awready), .s_axil_wdata(s_axil_wdata), .s_axil_wstrb(s_axil_wstrb),
        .s_axil_wvalid(s_axil_wvalid), .s_axil_wready(s_axil_wready), .s_axil_bresp(s_axil_bresp),
        .s_axil_bvalid(s_axil_bvalid), .s_axil_bready(s_axil_bready), .s_axil_araddr(s_axil_araddr),
        .s_axil_arprot(s_axil_arprot), .s_axil_arvalid(s_axil_arvalid), .s_axil_arready(s_axil_arready),
        .s_axil_rdata(s_axil_rdata), .s_axil_rresp(s_axil_rresp), .s_axil_rvalid(s_axil_rvalid),
        .s_axil_rready(s_axil_rready),
        .write_data(write_data), .register_write(register_write), .register_index(register_index),
        .register_data(register_data), .register_error(register_error), .in_tick(in_tick), .flushed(flushed),
        .state_request(state_request), .state_write(state_write), .state_done(state == HOST_DONE),
        .of_neuron(of_neuron), .of_row(of_row), .of_h(of_h), .neuron(host_neuron), .row(host_row), .field(host_field),
        .place(host_place), .lane(host_lane), .neuron_data(neuron_data), .row_data(row_data), .h_data(host_h)
    );

    wire [12:0] x_decay, x_bump, y_decay, y_bump, s_decay, s_bump, current_decay, membrane_decay;
    wire [STEP_BITS-1:0] potentiation;
    wire signed [STEP_BITS-1:0] depression_pre, depression_post;
    wire [X_BITS-1:0] pre_threshold;
    wire [Y_BITS-1:0] post_threshold;
    wire signed [S_BITS+1:0] gate_low, gate_high;
    wire [H_BITS-1:0] drift_up, drift_down;
    wire signed [16:0] weight_low, weight_high, teacher_weight, drive_weight;
    wire signed [23:0] membrane_threshold, membrane_floor;
    wire [7:0] refractory_ticks;
    bicall_registers #(
        .AXONS(AXONS), .NEURONS(NEURONS), .LANES(LANES), .SPARSE(SPARSE),
        .H_BITS(H_BITS), .STEP_FRACTION_BITS(STEP_FRACTION_BITS), .X_BITS(X_BITS), .Y_BITS(Y_BITS), .S_BITS(S_BITS)
    ) registers (
        .clk(clk), .rst(rst), .write(register_write), .index(register_index), .write_data(write_data),
        .read_data(register_data), .error(register_error), .in_tick(in_tick), .flushed(flushed),
        .learn(learn), .flush(flush), .status({flushed, in_tick, !chooses || renumber || event_waits}),
        .event_dropped((take && unknown) || twice), .tick(tick), .write_tick(write_tick), .phase(phase),
        .write_phase(write_phase), .seed(seed), .row_base(row_base), .column_base(column_base),
        .column_turn(column_turn), .swept(swept), .word_read(group_read), .word_written(word_written),
        .drifts(drifts), .write_drifts(write_drifts), .drive_weight(drive_weight),
        .x_decay(x_decay), .x_bump(x_bump), .y_decay(y_decay), .y_bump(y_bump), .s_decay(s_decay), .s_bump(s_bump),
        .potentiation(potentiation), .depression_pre(depression_pre), .depression_post(depression_post),
        .pre_threshold(pre_threshold), .post_threshold(post_threshold), .gate_low(gate_low), .gate_high(gate_high),
        .drift_up(drift_up), .drift_down(drift_down), .weight_low(weight_low), .weight_high(weight_high),
        .teacher_weight(teacher_weight), .current_decay(current_decay), .membrane_decay(membrane_decay),
        .membrane_threshold(membrane_threshold), .membrane_floor(membrane_floor), .drift_period(drift_period),
        .refractory_ticks(refractory_ticks)
    );

    // ---------------------------------------------------------------------------------------------- time and chance
    bicall_ticks ticks (
        .clk(clk), .rst(rst), .begins(begins), .learn(learn), .forget(take && forget), .drift_period(drift_period),
        .write_tick(write_tick), .write_phase(write_phase), .write_drifts(write_drifts), .write_data(write_data),
        .tick(tick), .phase(phase), .drifts(drifts), .sample(sample), .last_sample(last_sample), .renumbered(renumbered)
    );

    // neurons and rows share the source, as they never work at the same time
    wire        neuron_random_start, row_random_start, random_done;
    wire [3:0]  neuron_random_stream, row_random_stream;
    wire [27:0] row_random_index;
    wire [31:0] row_random_tick, random_word;
    bicall_random random (
        .clk(clk), .rst(rst), .start(neuron_random_start || row_random_start), .seed(seed),
        .stream(rows_idle ? neuron_random_stream : row_random_stream),
        .index(rows_idle ? column_base + {{(28-NEURON_BITS){1'b0}}, neuron} : row_random_index),
        .tick(rows_idle ? tick : row_random_tick), .done(random_done), .word(random_word)
    );
    wire _unused = &{1'b0, random_word[31:16]};

    // ---------------------------------------------------------------------------------------------- neurons
    wire transmitted, group_transmits, fired_write, any_depressed;
    wire [GROUP_BITS-1:0] group, read_group, fired_write_group;
    wire [LANES-1:0] w, exists, depressed, fired_write_lanes;
    bicall_population #(
        .AXONS(AXONS), .NEURONS(NEURONS), .LANES(LANES), .GROUPS(GROUPS), .SPARSE(SPARSE), .Y_BITS(Y_BITS),
        .S_BITS(S_BITS), .Y_ROUNDING(Y_ROUNDING), .S_ROUNDING(S_ROUNDING)
    ) population (
        .clk(clk), .rst(rst), .idle(population_idle), .decay(begins), .integrate(take && end_of_tick),
        .forget(take && forget), .learn(learn),
        .teach(take && teacher_spike), .drive(take && drive), .enable(take && enable), .enabled(enabled),
        .event_neuron(event_neuron), .transmitted(transmitted), .group_read(group_read && !sweeping),
        .read_group(read_group), .group_transmits(group_transmits), .transmitting_group(group),
        .w(w), .exists(exists),
        .spike(spike), .spike_ready(spike_ready), .neuron(neuron),
        .depressed(depressed), .any_depressed(any_depressed),
        .fired_write(fired_write), .group(fired_write_group), .fired_lanes(fired_write_lanes), .any_fired(any_fired),
        .y_decay(y_decay), .y_bump(y_bump), .s_decay(s_decay), .s_bump(s_bump), .post_threshold(post_threshold),
        .gate_low(gate_low), .gate_high(gate_high), .weight_low(weight_low), .weight_high(weight_high),
        .teacher_weight(teacher_weight), .drive_weight(drive_weight),
        .current_decay(current_decay), .membrane_decay(membrane_decay),
        .membrane_threshold(membrane_threshold), .membrane_floor(membrane_floor), .refractory_ticks(refractory_ticks),
        .random_start(neuron_random_start), .random_stream(neuron_random_stream), .random_done(random_done),
        .random_word(random_word[15:0]),
        .host_read(state == HOST_READ), .host_write(state_write && of_neuron), .host_neuron(host_neuron),
        .host_field(host_field), .host_write_data(write_data), .host_data(neuron_data)
    );

    // ---------------------------------------------------------------------------------------------- synapses
    wire [ENTRY_BITS-1:0] entry_address, fired_entry, first_entry;
    wire [71:0] entry;
    wire        entry_read, fired_read;
    wire [LANES-1:0] fired_lanes;
    bicall_archive #(.DEPTH(DEPTH), .GROUPS(GROUPS), .LANES(LANES)) archive (
        .clk(clk), .rst(rst), .clear(swept), .append(integrated && any_fired), .append_entry({tick, drifts, sample}),
        .fired_write(fired_write), .fired_write_group(fired_write_group), .fired_write_lanes(fired_write_lanes),
        .entries(entries), .entry_read(entry_read), .entry_address(entry_address), .entry(entry),
        .fired_read(fired_read), .fired_entry(fired_entry), .fired_group(read_group), .fired_lanes(fired_lanes)
    );

    wire walked, sweeping, updated, item_write;
    wire [PLACE_BITS-1:0] row_place;
    wire [ENTRY_BITS:0]   items, item_address;
    wire [ITEM_BITS-1:0]  item;
    bicall_rows #(
        .AXONS(AXONS), .GROUPS(GROUPS), .DEPTH(DEPTH), .H_BITS(H_BITS), .STEP_FRACTION_BITS(STEP_FRACTION_BITS),
        .X_BITS(X_BITS), .H_ROUNDING(H_ROUNDING), .X_ROUNDING(X_ROUNDING)
    ) rows (
        .clk(clk), .rst(rst), .idle(rows_idle), .spike(take && axon_spike), .spike_axon(event_axon),
        .sweep(starts_flush || (integrated && fills_archive) || wipes), .wipe(wipes), .renumber(starts_renumbering),
        .transmitted(transmitted), .dropped(twice), .swept(swept),
        .tick(tick), .drifts(drifts), .sample(sample), .row_base(row_base), .any_depressed(any_depressed),
        .entries(entries), .entry_read(entry_read), .entry_address(entry_address), .entry(entry),
        .walked(walked), .sweeping(sweeping), .row_place(row_place), .first_entry(first_entry), .item_write(item_write),
        .item_address(item_address), .item(item), .items(items), .updated(updated),
        .x_decay(x_decay), .x_bump(x_bump), .potentiation(potentiation), .depression_pre(depression_pre),
        .depression_post(depression_post), .pre_threshold(pre_threshold), .drift_up(drift_up), .drift_down(drift_down),
        .seed(seed), .random_start(row_random_start), .random_stream(row_random_stream), .random_index(row_random_index),
        .random_tick(row_random_tick), .random_done(random_done), .random_word(random_word[15:0]),
        .host_read(state == HOST_READ), .host_write(state_write && of_row), .host_row(host_row), .host_field(host_field),
        .host_write_x(write_data[X_BITS-1:0]), .host_data(row_data)
    );
    bicall_row_update #(
        .AXONS(AXONS), .GROUPS(GROUPS), .LANES(LANES), .DEPTH(DEPTH), .SPARSE(SPARSE), .IMAGE(IMAGE), .H_BITS(H_BITS),
        .STEP_FRACTION_BITS(STEP_FRACTION_BITS), .H_ROUNDING(H_ROUNDING)
    ) row_update (
        .clk(clk), .rst(rst), .start(walked), .spike(!sweeping), .row_place(row_place), .column_turn(column_turn),
        .done(updated), .item_write(item_write), .item_address(item_address), .item(item), .items(items),
        .group(group), .group_read(group_read), .read_group(read_group), .depressed(depressed),
        .group_transmits(group_transmits), .w(w), .exists(exists), .first_entry(first_entry), .fired_read(fired_read),
        .fired_entry(fired_entry), .fired_lanes(fired_lanes), .word_written(word_written),
        .host_read(state == HOST_READ), .host_write(state_write && of_h), .host_place(host_place),
        .host_lane(host_lane), .host_write_h(write_data[H_BITS:0]), .host_h(host_h)
    );
endmodule
`default_nettype wire
