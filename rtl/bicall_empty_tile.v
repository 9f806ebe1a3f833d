// SPDX-License-Identifier: Apache-2.0
// bicall_empty_tile: a tile whose core holds nothing, being at fault: its router works, and it gives each marker back.
//
// Packets for the core end here.
//
// Latency, throughput: of bicall_router.
// Parameters: as of bicall_tile

`default_nettype none
module bicall_empty_tile #(
    parameter X = 0,
    parameter Y = 0,
    parameter PORTS = 63,
    parameter QUEUE_LOG2 = 1
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
    wire        to_valid, from_ready;
    wire [31:0] to_data;
    wire [5:0]  dropped;
    reg         marks;  // the tile's own marker of this round is still to be sent
    bicall_router #(.X(X), .Y(Y), .PORTS(PORTS), .QUEUE_LOG2(QUEUE_LOG2)) router (
        .clk(clk), .rst(rst),
        .in_valid({in_valid[4], marks, in_valid[3:0]}), .in_data({in_data[159:128], 32'h80000000, in_data[127:0]}),
        .in_ready({in_ready[4], from_ready, in_ready[3:0]}),
        .out_valid({out_valid[4], to_valid, out_valid[3:0]}), .out_data({out_data[159:128], to_data, out_data[127:0]}),
        .out_ready({out_ready[4], !marks, out_ready[3:0]}), .dropped(dropped)
    );
    wire _unused = &{1'b0, to_data[30:0], dropped};

    always @(posedge clk)
        if (rst) marks <= 1'b1;
        else if (marks) marks <= !from_ready;
        else marks <= to_valid && to_data[31];
endmodule
`default_nettype wire
