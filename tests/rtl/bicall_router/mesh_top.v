// SPDX-License-Identifier: Apache-2.0
// mesh_top: WIDTH x HEIGHT routers for a bench, joined as on a chip; the cores' ports are the top's.

`default_nettype none
module mesh_top #(
    parameter WIDTH = 3,
    parameter HEIGHT = 3,
    parameter QUEUE_LOG2 = 1
) (
    input  wire                       clk,
    input  wire                       rst,
    input  wire [WIDTH*HEIGHT-1:0]    in_valid,
    output wire [WIDTH*HEIGHT-1:0]    in_ready,
    input  wire [32*WIDTH*HEIGHT-1:0] in_data,
    output wire [WIDTH*HEIGHT-1:0]    out_valid,
    input  wire [WIDTH*HEIGHT-1:0]    out_ready,
    output wire [32*WIDTH*HEIGHT-1:0] out_data,
    output wire [6*WIDTH*HEIGHT-1:0]  dropped
);
    // of each router, a bit or a flit a side: 0 east, 1 west, 2 south, 3 north
    wire [4*WIDTH*HEIGHT-1:0]   from_valid, from_ready, to_valid, to_ready;
    wire [128*WIDTH*HEIGHT-1:0] from_data, to_data;
    wire [2*WIDTH*HEIGHT-1:0]   no_host;  // what a host's port would say
    wire [32*WIDTH*HEIGHT-1:0]  no_data;
    genvar x, y;
    generate
        for (y = 0; y < HEIGHT; y = y + 1) begin : row
            for (x = 0; x < WIDTH; x = x + 1) begin : tile
                localparam T = y * WIDTH + x;
                localparam PORTS = 16 + (x < WIDTH - 1 ? 1 : 0) + (x > 0 ? 2 : 0) + (y < HEIGHT - 1 ? 4 : 0) + (y > 0 ? 8 : 0);
                bicall_router #(.X(x), .Y(y), .PORTS(PORTS), .QUEUE_LOG2(QUEUE_LOG2)) router (
                    .clk(clk), .rst(rst),
                    .in_valid({1'b0, in_valid[T], from_valid[4*T +: 4]}), .in_ready({no_host[2*T], in_ready[T], from_ready[4*T +: 4]}),
                    .in_data({32'd0, in_data[32*T +: 32], from_data[128*T +: 128]}),
                    .out_valid({no_host[2*T+1], out_valid[T], to_valid[4*T +: 4]}), .out_ready({1'b0, out_ready[T], to_ready[4*T +: 4]}),
                    .out_data({no_data[32*T +: 32], out_data[32*T +: 32], to_data[128*T +: 128]}), .dropped(dropped[6*T +: 6])
                );
                if (x < WIDTH - 1) begin : eastern
                    assign from_valid[4*T] = to_valid[4*(T+1)+1];
                    assign from_data[128*T +: 32] = to_data[128*(T+1)+32 +: 32];
                    assign to_ready[4*T] = from_ready[4*(T+1)+1];
                    assign from_valid[4*(T+1)+1] = to_valid[4*T];
                    assign from_data[128*(T+1)+32 +: 32] = to_data[128*T +: 32];
                    assign to_ready[4*(T+1)+1] = from_ready[4*T];
                end else begin : eastern_edge
                    assign from_valid[4*T] = 1'b0;
                    assign from_data[128*T +: 32] = 32'd0;
                    assign to_ready[4*T] = 1'b0;
                end
                if (x == 0) begin : western_edge
                    assign from_valid[4*T+1] = 1'b0;
                    assign from_data[128*T+32 +: 32] = 32'd0;
                    assign to_ready[4*T+1] = 1'b0;
                end
                if (y < HEIGHT - 1) begin : southern
                    localparam S = T + WIDTH;
                    assign from_valid[4*T+2] = to_valid[4*S+3];
                    assign from_data[128*T+64 +: 32] = to_data[128*S+96 +: 32];
                    assign to_ready[4*T+2] = from_ready[4*S+3];
                    assign from_valid[4*S+3] = to_valid[4*T+2];
                    assign from_data[128*S+96 +: 32] = to_data[128*T+64 +: 32];
                    assign to_ready[4*S+3] = from_ready[4*T+2];
                end else begin : southern_edge
                    assign from_valid[4*T+2] = 1'b0;
                    assign from_data[128*T+64 +: 32] = 32'd0;
                    assign to_ready[4*T+2] = 1'b0;
                end
                if (y == 0) begin : northern_edge
                    assign from_valid[4*T+3] = 1'b0;
                    assign from_data[128*T+96 +: 32] = 32'd0;
                    assign to_ready[4*T+3] = 1'b0;
                end
            end
        end
    endgenerate
endmodule
`default_nettype wire
