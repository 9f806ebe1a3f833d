// SPDX-License-Identifier: Apache-2.0
// bicall_event_input: the host's stream of events, buffered, sorted by kind and checked.
//
// A 32-bit event has its kind in bits 31:30, a number in bits 15:0 and, but for bits 29 and 28 where the list of outputs
// names them, 0 in all other bits. At most one of the outputs axon_spike ... unknown is up: the kind of the event that
// waits. Unknown is what has a number out of range or stray bits, and a reset or a learning enable inside a tick. The
// event leaves the buffer in a cycle in which `take` is up.
//
// Latency:    1 cycle from an empty buffer. Throughput: one event a cycle.
// Parameters: AXONS, NEURONS  of the core: numbers of axons and neurons are below them
//             BUFFER_LOG2     base-2 logarithm of the events in the buffer

`default_nettype none
module bicall_event_input #(
    parameter AXONS = 256,
    parameter NEURONS = 256,
    parameter BUFFER_LOG2 = 4,
    parameter AXON_BITS = (AXONS > 1) ? $clog2(AXONS) : 1,
    parameter NEURON_BITS = (NEURONS > 1) ? $clog2(NEURONS) : 1
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire                   s_axis_tvalid,
    output wire                   s_axis_tready,
    input  wire [31:0]            s_axis_tdata,

    input  wire                   in_tick,        // some of a tick's events have come, but not yet its end
    output wire                   waits,          // an event is there
    output wire                   axon_spike,     // kind 0
    output wire                   teacher_spike,  // kind 1
    output wire                   drive,          // kind 1, bit 29: the host drives a neuron
    output wire                   end_of_tick,    // kind 2
    output wire                   forget,         // kind 3: reset between samples
    output wire                   enable,         // kind 3, bit 29: a neuron's learning enable becomes `enabled`
    output wire                   enabled,        // bit 28
    output wire                   unknown,
    output wire [AXON_BITS-1:0]   axon,           // that spikes
    output wire [NEURON_BITS-1:0] neuron,         // that is taught, driven or enabled
    input  wire                   take
);
    wire [31:0] waiting;
    bicall_fifo #(.BITS(32), .DEPTH_LOG2(BUFFER_LOG2)) buffer (
        .clk(clk), .rst(rst), .in_valid(s_axis_tvalid), .in_ready(s_axis_tready), .in_data(s_axis_tdata),
        .out_valid(waits), .out_ready(take), .out_data(waiting)
    );

    wire [1:0] kind = waiting[31:30];
    wire [15:0] number = waiting[15:0];
    assign axon = number[AXON_BITS-1:0];
    assign neuron = number[NEURON_BITS-1:0];
    wire known = waits && waiting[29:16] == 0;
    wire marked = waits && waiting[29] && waiting[27:16] == 0;
    wire of_neuron = {16'd0, number} < NEURONS;
    assign enabled = waiting[28];
    assign axon_spike = known && kind == 2'd0 && {16'd0, number} < AXONS;
    assign teacher_spike = known && kind == 2'd1 && of_neuron;
    assign drive = marked && kind == 2'd1 && of_neuron && !enabled;
    assign end_of_tick = known && kind == 2'd2 && number == 0;
    assign forget = known && kind == 2'd3 && number == 0 && !in_tick;
    assign enable = marked && kind == 2'd3 && of_neuron && !in_tick;
    assign unknown = waits && !(axon_spike || teacher_spike || drive || end_of_tick || forget || enable);
endmodule
`default_nettype wire
