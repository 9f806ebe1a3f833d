// SPDX-License-Identifier: Apache-2.0
// bicall_tile: one tile of the chip: a router, the network interface behind it, and a core that learns.
//
// docs/chip.md says what goes on between them; docs/packets.md lists packets and the tile's own words.
//
// Latency, throughput: of its parts.
// Parameters: X, Y            its place on the mesh
//             PORTS           of bicall_router: the neighbours that there are, and the host's port
//             HOST_X, HOST_Y  the tile that serves the host
//             QUEUE_LOG2      base-2 logarithm of the packets in each of the router's queues
//             SLOTS           ticks for which spikes can wait: the longest delay and one
//             ROUTES          packets in the route table
//             all others      of bicall_core

`include "bicall_constants.vh"

`default_nettype none
module bicall_tile #(
    parameter X = 0,
    parameter Y = 0,
    parameter PORTS = 63,
    parameter HOST_X = 0,
    parameter HOST_Y = 0,
    parameter QUEUE_LOG2 = 1,
    parameter SLOTS = 2,
    parameter ROUTES = 256,
    parameter AXONS = 256,
    parameter NEURONS = 256,
    parameter LANES = 16,
    parameter DEPTH = 32,
    parameter SPARSE = 0,
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
    input  wire         clk,
    input  wire         rst,
    // of each side a bit or a flit: 0 east, 1 west, 2 south, 3 north, 4 the host
    input  wire [4:0]   in_valid,
    output wire [4:0]   in_ready,
    input  wire [159:0] in_data,
    output wire [4:0]   out_valid,
    input  wire [4:0]   out_ready,
    output wire [159:0] out_data
);
    wire        to_valid, to_ready, from_valid, from_ready;
    wire [31:0] to_data, from_data;
    wire [5:0]  dropped;
    bicall_router #(.X(X), .Y(Y), .PORTS(PORTS), .QUEUE_LOG2(QUEUE_LOG2)) router (
        .clk(clk), .rst(rst),
        .in_valid({in_valid[4], from_valid, in_valid[3:0]}), .in_data({in_data[159:128], from_data, in_data[127:0]}),
        .in_ready({in_ready[4], from_ready, in_ready[3:0]}),
        .out_valid({out_valid[4], to_valid, out_valid[3:0]}), .out_data({out_data[159:128], to_data, out_data[127:0]}),
        .out_ready({out_ready[4], to_ready, out_ready[3:0]}), .dropped(dropped)
    );

    wire        event_valid, event_ready, spike_valid, spike_ready, spike_last;
    wire [31:0] event_data, spike_data, axil_wdata, axil_rdata;
    wire [23:0] axil_address;
    wire        axil_awvalid, axil_awready, axil_wready, axil_bvalid, axil_arvalid, axil_arready, axil_rvalid;
    wire [1:0]  axil_bresp, axil_rresp;
    bicall_network_interface #(
        .AXONS(AXONS), .NEURONS(NEURONS), .SLOTS(SLOTS), .ROUTES(ROUTES), .HOST_X(HOST_X), .HOST_Y(HOST_Y)
    ) network_interface (
        .clk(clk), .rst(rst), .in_valid(to_valid), .in_ready(to_ready), .in_data(to_data), .out_valid(from_valid),
        .out_ready(from_ready), .out_data(from_data), .undeliverable(dropped),
        .event_valid(event_valid), .event_ready(event_ready), .event_data(event_data), .spike_valid(spike_valid),
        .spike_ready(spike_ready), .spike_data(spike_data), .spike_last(spike_last), .axil_address(axil_address),
        .axil_awvalid(axil_awvalid), .axil_awready(axil_awready), .axil_wdata(axil_wdata), .axil_bvalid(axil_bvalid),
        .axil_bresp(axil_bresp), .axil_arvalid(axil_arvalid), .axil_arready(axil_arready), .axil_rvalid(axil_rvalid),
        .axil_rresp(axil_rresp), .axil_rdata(axil_rdata)
    );
    bicall_core #(
        .AXONS(AXONS), .NEURONS(NEURONS), .LANES(LANES), .DEPTH(DEPTH), .SPARSE(SPARSE), .H_BITS(H_BITS),
        .STEP_FRACTION_BITS(STEP_FRACTION_BITS), .X_BITS(X_BITS), .Y_BITS(Y_BITS), .S_BITS(S_BITS),
        .H_ROUNDING(H_ROUNDING), .X_ROUNDING(X_ROUNDING), .Y_ROUNDING(Y_ROUNDING), .S_ROUNDING(S_ROUNDING)
    ) core (
        .clk(clk), .rst(rst), .s_axis_tvalid(event_valid), .s_axis_tready(event_ready), .s_axis_tdata(event_data),
        .m_axis_tvalid(spike_valid), .m_axis_tready(spike_ready), .m_axis_tdata(spike_data), .m_axis_tlast(spike_last),
        .s_axil_awaddr(axil_address), .s_axil_awprot(3'd0), .s_axil_awvalid(axil_awvalid), .s_axil_awready(axil_awready),
        .s_axil_wdata(axil_wdata), .s_axil_wstrb(4'hF), .s_axil_wvalid(axil_awvalid), .s_axil_wready(axil_wready),
        .s_axil_bresp(axil_bresp), .s_axil_bvalid(axil_bvalid), .s_axil_bready(1'b1),
        .s_axil_araddr(axil_address), .s_axil_arprot(3'd0), .s_axil_arvalid(axil_arvalid), .s_axil_arready(axil_arready),
        .s_axil_rdata(axil_rdata), .s_axil_rresp(axil_rresp), .s_axil_rvalid(axil_rvalid), .s_axil_rready(1'b1)
    );
    wire _unused = &{1'b0, axil_wready};  // it comes with awready
endmodule
`default_nettype wire
