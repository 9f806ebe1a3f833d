// SPDX-License-Identifier: Apache-2.0
// bicall_host: the host's side of the core over AXI4-Lite: the way to registers (bicall_registers) and state.
//
// docs/registers.md lists the address space. What is not there, cannot be written, comes at the wrong time or does not fit is
// refused with SLVERR, and nothing changes: x and h are written only while all rows are up to date, neurons only between
// ticks. Registers answer at once; state is reached between two events: `state_request` is up until `state_done`.
//
// Latency:    4 cycles from the address to the response; for state 2 more, and the wait for the core.
// Throughput: one access at a time.
// Parameters: AXONS, NEURONS, LANES, GROUPS  size of the core
//             SPARSE                         1: a bit above h says whether the synapse exists
//             widths in bits as in bicall_constants.vh

`include "bicall_constants.vh"
`include "bicall_addresses.vh"

`default_nettype none
module bicall_host #(
    parameter AXONS = 256,
    parameter NEURONS = 256,
    parameter LANES = 16,
    parameter GROUPS = 16,
    parameter SPARSE = 0,
    parameter H_BITS = `BICALL_H_BITS,
    parameter X_BITS = `BICALL_X_BITS,
    parameter Y_BITS = `BICALL_Y_BITS,
    parameter S_BITS = `BICALL_S_BITS,
    parameter AXON_BITS = (AXONS > 1) ? $clog2(AXONS) : 1,
    parameter NEURON_BITS = (NEURONS > 1) ? $clog2(NEURONS) : 1,
    parameter LANE_BITS = (LANES > 1) ? $clog2(LANES) : 1,
    parameter PLACE_BITS = (AXONS * GROUPS > 1) ? $clog2(AXONS * GROUPS) : 1
) (
    input  wire        clk,
    input  wire        rst,

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
    input  wire        s_axil_rready,

    output wire [31:0] write_data,

    // registers
    output wire        register_write,
    output wire [5:0]  register_index,
    input  wire [31:0] register_data,
    input  wire        register_error,
    input  wire        in_tick,
    input  wire        flushed,  // between ticks, all rows up to date

    // state: all that is written fits
    output wire                   state_request,
    output wire                   state_write,
    input  wire                   state_done,
    output wire                   of_neuron,
    output wire                   of_row,
    output wire                   of_h,
    output wire [NEURON_BITS-1:0] neuron,
    output wire [AXON_BITS-1:0]   row,
    output wire [1:0]             field,
    output wire [PLACE_BITS-1:0]  place,  // of the word of h
    output wire [LANE_BITS-1:0]   lane,
    input  wire [31:0]            neuron_data,
    input  wire [31:0]            row_data,
    input  wire [H_BITS:0]        h_data  // its top bit: the synapse exists
);
    wire        request, write, acknowledge, error;
    wire [21:0] address;
    wire [31:0] read_data;
    bicall_axi_lite #(.ADDRESS_BITS(24)) axi_lite (
        .clk(clk), .rst(rst),
        .s_axil_awaddr(s_axil_awaddr), .s_axil_awprot(s_axil_awprot), .s_axil_awvalid(s_axil_awvalid),
        .s_axil_awready(s_axil_awready), .s_axil_wdata(s_axil_wdata), .s_axil_wstrb(s_axil_wstrb),
        .s_axil_wvalid(s_axil_wvalid), .s_axil_wready(s_axil_wready), .s_axil_bresp(s_axil_bresp),
        .s_axil_bvalid(s_axil_bvalid), .s_axil_bready(s_axil_bready), .s_axil_araddr(s_axil_araddr),
        .s_axil_arprot(s_axil_arprot), .s_axil_arvalid(s_axil_arvalid), .s_axil_arready(s_axil_arready),
        .s_axil_rdata(s_axil_rdata), .s_axil_rresp(s_axil_rresp), .s_axil_rvalid(s_axil_rvalid),
        .s_axil_rready(s_axil_rready),
        .request(request), .write(write), .address(address), .write_data(write_data),
        .acknowledge(acknowledge), .read_data(read_data), .error(error)
    );

    // ---------------------------------------------------------------------------------------------- what is asked for
    wire of_registers = address[21:20] == `BICALL_REGION_REGISTERS;
    assign of_neuron = address[21:20] == `BICALL_REGION_NEURONS;
    assign of_row = address[21:20] == `BICALL_REGION_ROWS;
    assign of_h = address[21:20] == `BICALL_REGION_H;
    wire on_register = of_registers && address[19:6] == 14'd0;
    assign register_index = address[5:0];
    assign register_write = request && write && on_register;

    // ---------------------------------------------------------------------------------------------- state
    localparam GROUP_BITS = (GROUPS > 1) ? $clog2(GROUPS) : 1;
    localparam [31:0] WORDS_A_ROW = GROUPS;
    generate
        if ($clog2(AXONS) + $clog2(GROUPS) + LANE_BITS > 20) begin : refused_size
            rows_groups_and_lanes_of_h_must_have_addresses_of_20_bits refused ();
        end
    endgenerate
    wire [17:0] item = address[19:2];
    wire [19:0] h_word = address[19:0] >> LANE_BITS;  // row and group
    wire [19:0] h_row = (GROUPS > 1) ? h_word >> GROUP_BITS : h_word;
    wire [GROUP_BITS-1:0] h_group = (GROUPS > 1) ? h_word[GROUP_BITS-1:0] : {GROUP_BITS{1'b0}};
    assign neuron = item[NEURON_BITS-1:0];
    assign row = item[AXON_BITS-1:0];
    assign field = address[1:0];
    assign lane = address[LANE_BITS-1:0];
    assign place = h_row[PLACE_BITS-1:0] * WORDS_A_ROW[PLACE_BITS-1:0]
                   + {{(PLACE_BITS-GROUP_BITS){1'b0}}, h_group};

    wire lane_exists = {{(32-LANE_BITS){1'b0}}, lane} < LANES
                       && {{(32-GROUP_BITS){1'b0}}, h_group} * LANES + {{(32-LANE_BITS){1'b0}}, lane} < NEURONS;
    wire exists = of_neuron ? {14'd0, item} < NEURONS : of_row ? {14'd0, item} < AXONS : {12'd0, h_row} < AXONS && lane_exists;

    localparam [31:0] TRACES_MASK = ((32'd1 << Y_BITS) - 1) | (((32'd1 << S_BITS) - 1) << 16);
    reg neuron_fits;
    always @*
        case (field)
            `BICALL_NEURON_TRACES: neuron_fits = (write_data & ~TRACES_MASK) == 0;
            `BICALL_NEURON_CURRENT: neuron_fits = write_data == {{7{write_data[24]}}, write_data[24:0]};
            `BICALL_NEURON_MEMBRANE: neuron_fits = write_data == {{8{write_data[23]}}, write_data[23:0]};
            default: neuron_fits = write_data[31:8] == 0;  // refractory
        endcase
    // what waits in the archive is still to be done to x and h
    wire takes = of_neuron ? !in_tick && neuron_fits :
                 of_row ? flushed && field == `BICALL_ROW_X && write_data[31:X_BITS] == 0 :
                 flushed && write_data[31:H_BITS+SPARSE] == 0 && (SPARSE == 0 || write_data[H_BITS] || write_data == 0);
    wire state_legal = exists && (!write || takes);
    assign state_request = request && !of_registers && state_legal;
    assign state_write = state_request && write && state_done;

    // ---------------------------------------------------------------------------------------------- answer
    assign acknowledge = of_registers || state_done || !state_legal;
    assign error = of_registers ? !on_register || register_error : !state_legal;
    assign read_data = of_registers ? register_data : of_neuron ? neuron_data : of_row ? row_data :
                       {{(31-H_BITS){1'b0}}, h_data};
endmodule
`default_nettype wire
