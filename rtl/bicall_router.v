// SPDX-License-Identifier: Apache-2.0
// bicall_router: the crossing of a mesh of cores: packets of one flit, routed in x first, then in y; a tick ends by markers.
//
// Six ports, each an input and an output with AXI4-Stream's handshake: 0 east, 1 west, 2 south, 3 north, 4 the tile's own
// core, 5 the host, whom one tile of the chip serves. A flit is {marker, x, y, payload}; a payload of kind 3 (its top two
// bits) is for the host at that tile, all others are for the core. Packets wait in a queue at each input; an output takes
// one a cycle, its inputs in turn, so that none waits for more than the others' next packets. With x before y and ejection
// that never blocks for ever, finite queues cannot deadlock.
//
// A marker says that an input's packets of this tick (or of this round) have all come. A router sends its own marker on an
// output as soon as every input that may feed that output has one at its head: by x before y these are, for east: west,
// core and host; for west: east, core and host; for south and north: all but the output's own side; for the core: all; for
// the host: all but the host. Links keep order, so the core's marker means that all of this tick has arrived. An input's
// marker goes when all outputs have sent theirs. No wire goes around the mesh, and nothing waits for a time to pass. A
// marker that a router sends has the bits of all that let it go: what the host's marker says comes to all cores.
//
// A packet that would leave where no port is, go back, or turn from y to x cannot be: it is dropped, and `dropped` is up.
//
// Latency:    2 cycles from input to output. Throughput: a packet a cycle and output; a round of markers takes 2 cycles more.
// Parameters: X, Y                          the tile's place; x grows to the east, y to the south
//             X_BITS, Y_BITS, PAYLOAD_BITS  widths of a flit's fields
//             PORTS                         which ports there are, a bit each; the core is always there
//             QUEUE_LOG2                    base-2 logarithm of the packets in an input's queue

`default_nettype none
module bicall_router #(
    parameter X = 1,
    parameter Y = 1,
    parameter X_BITS = 4,
    parameter Y_BITS = 4,
    parameter PAYLOAD_BITS = 23,
    parameter PORTS = 31,
    parameter QUEUE_LOG2 = 1,
    parameter FLIT_BITS = 1 + X_BITS + Y_BITS + PAYLOAD_BITS
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire [5:0]             in_valid,
    output wire [5:0]             in_ready,
    input  wire [6*FLIT_BITS-1:0] in_data,
    output reg  [5:0]             out_valid,
    input  wire [5:0]             out_ready,
    output reg  [6*FLIT_BITS-1:0] out_data,
    output wire [5:0]             dropped     // at each input
);
    localparam EAST = 0, WEST = 1, SOUTH = 2, NORTH = 3, CORE = 4, HOST = 5;
    localparam [31:0] ALL_PORTS = PORTS;
    localparam [5:0]  THERE = ALL_PORTS[5:0];
    generate
        if (PORTS < 16 || PORTS > 63 || !THERE[CORE]) begin : refused_ports
            PORTS_must_be_from_16_to_63_with_bit_4_as_there_is_a_core refused ();
        end
        if (X < 0 || X >= (1 << X_BITS) || Y < 0 || Y >= (1 << Y_BITS)) begin : refused_place
            X_and_Y_must_fit_X_BITS_and_Y_BITS refused ();
        end
    endgenerate

    localparam [31:0] HERE_X = X, HERE_Y = Y;
    // which inputs may feed each output, a bit an input
    localparam [35:0] FEEDS = {6'b011111, 6'b111111, 6'b110111, 6'b111011, 6'b110001, 6'b110010};

    // ---------------------------------------------------------------------------------------------- inputs
    wire [5:0] waits, takes, marks;
    wire [6*FLIT_BITS-1:0] heads;
    wire [35:0] asks;  // [6 * output + input]
    genvar i, o;
    generate
        for (i = 0; i < 6; i = i + 1) begin : side
            if (THERE[i]) begin : there
                bicall_fifo #(.BITS(FLIT_BITS), .DEPTH_LOG2(QUEUE_LOG2)) queue (
                    .clk(clk), .rst(rst), .in_valid(in_valid[i]), .in_ready(in_ready[i]),
                    .in_data(in_data[i*FLIT_BITS +: FLIT_BITS]), .out_valid(waits[i]), .out_ready(takes[i]),
                    .out_data(heads[i*FLIT_BITS +: FLIT_BITS])
                );
            end else begin : missing
                assign in_ready[i] = 1'b0;
                assign waits[i] = 1'b0;
                assign heads[i*FLIT_BITS +: FLIT_BITS] = {FLIT_BITS{1'b0}};
                wire _unused = &{1'b0, in_valid[i], in_data[i*FLIT_BITS +: FLIT_BITS], takes[i]};
            end
            wire [X_BITS-1:0] x = heads[i*FLIT_BITS+Y_BITS+PAYLOAD_BITS +: X_BITS];
            wire [Y_BITS-1:0] y = heads[i*FLIT_BITS+PAYLOAD_BITS +: Y_BITS];
            wire is_marker = heads[i*FLIT_BITS+FLIT_BITS-1];
            wire packet = waits[i] && !is_marker;
            assign marks[i] = waits[i] && is_marker;
            // how far it is, with a sign
            wire [X_BITS:0] right = {1'b0, x} - HERE_X[X_BITS:0];
            wire [Y_BITS:0] down = {1'b0, y} - HERE_Y[Y_BITS:0];
            wire in_column = right == 0;
            wire to_host = heads[i*FLIT_BITS+PAYLOAD_BITS-2 +: 2] == 2'd3;
            wire [5:0] towards;
            assign towards[EAST] = !right[X_BITS] && !in_column;
            assign towards[WEST] = right[X_BITS];
            assign towards[SOUTH] = in_column && !down[Y_BITS] && down != 0;
            assign towards[NORTH] = in_column && down[Y_BITS];
            assign towards[CORE] = in_column && down == 0 && !to_host;
            assign towards[HOST] = in_column && down == 0 && to_host;
            wire [5:0] may;
            for (o = 0; o < 6; o = o + 1) begin : way
                assign may[o] = towards[o] && THERE[o] && FEEDS[6*o+i];
                assign asks[6*o+i] = packet && may[o];
            end
            assign dropped[i] = packet && may == 6'd0;
            wire [5:0] granted_by = {granted[30+i], granted[24+i], granted[18+i], granted[12+i], granted[6+i], granted[i]};
            assign takes[i] = dropped[i] || (granted_by & free) != 6'd0 || (marks[i] && round_ends);
        end
    endgenerate

    // ---------------------------------------------------------------------------------------------- outputs
    wire [35:0] granted;     // [6 * output + input], at most one an output
    wire [5:0]  free;        // the output's register can take a flit
    reg  [5:0]  sent;        // the output's marker of this round
    wire [5:0]  sends;       // it goes now
    wire        round_ends = (sent | ~THERE) == 6'b111111;
    generate
        for (o = 0; o < 6; o = o + 1) begin : direction
            localparam [5:0] FED_BY = FEEDS[6*o +: 6] & THERE;
            wire [5:0] asking = asks[6*o +: 6];
            reg  [5:0] later;  // inputs whose turn comes before the others'
            wire [5:0] first = (asking & later) != 6'd0 ? asking & later : asking;
            wire [5:0] grant = first & (~first + 6'd1);
            assign granted[6*o +: 6] = grant;
            assign free[o] = !out_valid[o] || out_ready[o];
            assign sends[o] = THERE[o] && free[o] && !sent[o] && (marks | ~FED_BY) == 6'b111111;
            wire [5:0] joins = sends[o] ? FED_BY : grant;
            wire [FLIT_BITS-1:0] chosen = ({FLIT_BITS{joins[0]}} & heads[0 +: FLIT_BITS])
                                          | ({FLIT_BITS{joins[1]}} & heads[FLIT_BITS +: FLIT_BITS])
                                          | ({FLIT_BITS{joins[2]}} & heads[2*FLIT_BITS +: FLIT_BITS])
                                          | ({FLIT_BITS{joins[3]}} & heads[3*FLIT_BITS +: FLIT_BITS])
                                          | ({FLIT_BITS{joins[4]}} & heads[4*FLIT_BITS +: FLIT_BITS])
                                          | ({FLIT_BITS{joins[5]}} & heads[5*FLIT_BITS +: FLIT_BITS]);
            always @(posedge clk) begin
                if (free[o]) begin
                    out_valid[o] <= joins != 6'd0;
                    out_data[o*FLIT_BITS +: FLIT_BITS] <= chosen;
                    if (grant != 6'd0) later <= ~(grant | (grant - 6'd1));
                end
                sent[o] <= (sent[o] || sends[o]) && !round_ends;
                if (rst) begin
                    out_valid[o] <= 1'b0;
                    sent[o] <= 1'b0;
                    later <= 6'd0;
                end
            end
        end
    endgenerate
endmodule
`default_nettype wire
