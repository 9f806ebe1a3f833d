// SPDX-License-Identifier: Apache-2.0
// bicall_axi_lite: an AXI4-Lite subordinate that turns transactions into single requests, one at a time.
//
// `request` is up from a transaction's start until the cycle in which `acknowledge` is up; then `read_data` and `error` are
// taken. Partial writes (strobes not all set) are refused with SLVERR, as is what the other side calls an error; such a
// write changes nothing. Of a write and a read that come at once the write goes first.
//
// Latency:    3 cycles from the address to the response, plus the wait for `acknowledge`.
// Throughput: a transaction every 3 cycles.
// Parameters: ADDRESS_BITS  width of a byte address

`default_nettype none
module bicall_axi_lite #(
    parameter ADDRESS_BITS = 24
) (
    input  wire                    clk,
    input  wire                    rst,

    input  wire [ADDRESS_BITS-1:0] s_axil_awaddr,
    input  wire [2:0]              s_axil_awprot,
    input  wire                    s_axil_awvalid,
    output wire                    s_axil_awready,
    input  wire [31:0]             s_axil_wdata,
    input  wire [3:0]              s_axil_wstrb,
    input  wire                    s_axil_wvalid,
    output wire                    s_axil_wready,
    output wire [1:0]              s_axil_bresp,
    output wire                    s_axil_bvalid,
    input  wire                    s_axil_bready,
    input  wire [ADDRESS_BITS-1:0] s_axil_araddr,
    input  wire [2:0]              s_axil_arprot,
    input  wire                    s_axil_arvalid,
    output wire                    s_axil_arready,
    output reg  [31:0]             s_axil_rdata,
    output wire [1:0]              s_axil_rresp,
    output wire                    s_axil_rvalid,
    input  wire                    s_axil_rready,

    output wire                    request,
    output reg                     write,
    output reg  [ADDRESS_BITS-3:0] address,  // of a 32-bit word
    output reg  [31:0]             write_data,
    input  wire                    acknowledge,
    input  wire [31:0]             read_data,
    input  wire                    error
);
    localparam [1:0] IDLE = 0, REQUEST = 1, RESPOND = 2;
    reg [1:0] state;
    reg       failed;

    wire take_write = state == IDLE && s_axil_awvalid && s_axil_wvalid;
    wire take_read = state == IDLE && s_axil_arvalid && !take_write;
    assign s_axil_awready = take_write;
    assign s_axil_wready = take_write;
    assign s_axil_arready = take_read;
    assign s_axil_bvalid = state == RESPOND && write;
    assign s_axil_rvalid = state == RESPOND && !write;
    assign s_axil_bresp = {failed, 1'b0};  // OKAY or SLVERR
    assign s_axil_rresp = {failed, 1'b0};
    assign request = state == REQUEST;

    always @(posedge clk) begin
        case (state)
            IDLE: begin
                if (take_write || take_read) begin
                    write <= take_write;
                    address <= take_write ? s_axil_awaddr[ADDRESS_BITS-1:2] : s_axil_araddr[ADDRESS_BITS-1:2];
                    write_data <= s_axil_wdata;
                    failed <= take_write && s_axil_wstrb != 4'hF;
                    state <= (take_write && s_axil_wstrb != 4'hF) ? RESPOND : REQUEST;
                end
            end
            REQUEST: if (acknowledge) begin
                s_axil_rdata <= error ? 32'd0 : read_data;
                failed <= error;
                state <= RESPOND;
            end
            default: if (write ? s_axil_bready : s_axil_rready) state <= IDLE;
        endcase
        if (rst) state <= IDLE;
    end

    wire _unused = &{1'b0, s_axil_awprot, s_axil_arprot, s_axil_awaddr[1:0], s_axil_araddr[1:0]};
endmodule
`default_nettype wire
