// bicall_host: the host's side of the core over AXI4-Lite: the core's own registers, and the way to constants and state.
//
// The address space, in 32-bit words: from 0x000000 own registers, from 0x000020 the constants (bicall_registers), from
// 0x100000 neurons and from 0x200000 rows (4 words each), from 0x300000 h (a word a synapse: row, group and lane side by
// side). docs/rtl.md lists them. What is not there, cannot be written, or does not fit is refused with SLVERR, and nothing
// changes. Registers answer at once; state is reached between two events: `state_request` is up until `state_done`.
//
// Latency:    4 cycles from the address to the response; for state 2 more, and the wait for the core.
// Throughput: one access at a time.
// Parameters: AXONS, NEURONS, LANES, GROUPS  size of the core
//             widths in bits as in bicall_constants.vh

`include "bicall_constants.vh"

module bicall_host #(
    parameter AXONS = 256,
    parameter NEURONS = 256,
    parameter LANES = 16,
    parameter GROUPS = 16,
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

    // own registers, and what they show or count
    output reg         learn,
    output reg         flush,
    output reg  [31:0] seed,
    output reg  [27:0] row_base,
    output reg  [27:0] column_base,
    output reg  [15:0] column_turn,
    output wire        write_tick,
    output wire        write_phase,
    output wire        write_drifts,
    input  wire [31:0] tick,
    input  wire [24:0] phase,
    input  wire [31:0] drifts,
    input  wire        busy,
    input  wire        in_tick,
    input  wire        event_dropped,
    input  wire        swept,
    input  wire        word_read,
    input  wire        word_written,

    // constants
    output wire        constant_write,
    output wire [4:0]  constant_index,
    input  wire [31:0] constant_data,
    input  wire        constant_error,

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
    input  wire [H_BITS-1:0]      h_data
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
    wire of_registers = address[21:20] == 2'd0;
    assign of_neuron = address[21:20] == 2'd1;
    assign of_row = address[21:20] == 2'd2;
    assign of_h = address[21:20] == 2'd3;
    wire on_own = of_registers && address[19:5] == 15'd0;
    wire on_constant = of_registers && address[19:5] == 15'd1;
    assign constant_index = address[4:0];
    assign constant_write = request && write && on_constant;

    // ---------------------------------------------------------------------------------------------- state
    localparam GROUP_BITS = (GROUPS > 1) ? $clog2(GROUPS) : 1;
    localparam [31:0] WORDS_A_ROW = GROUPS;
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

    localparam [31:0] YS_MASK = ((32'd1 << Y_BITS) - 1) | (((32'd1 << S_BITS) - 1) << 16);
    reg fits;
    always @*
        case ({of_h, of_row, field})
            4'b0000: fits = (write_data & ~YS_MASK) == 0;                         // a neuron's y and s
            4'b0001: fits = write_data == {{7{write_data[24]}}, write_data[24:0]};  // current
            4'b0010: fits = write_data == {{8{write_data[23]}}, write_data[23:0]};  // membrane
            4'b0011: fits = write_data[31:8] == 0;                                // refractory
            4'b0100: fits = write_data[31:X_BITS] == 0;                           // a row's x; the rest is read only
            4'b0101, 4'b0110, 4'b0111: fits = 1'b0;
            default: fits = write_data[31:H_BITS] == 0;
        endcase
    wire state_legal = exists && (!write || fits);
    assign state_request = request && !of_registers && state_legal;
    assign state_write = state_request && write && state_done;

    // ---------------------------------------------------------------------------------------------- own registers
    reg  [31:0] dropped, sweeps, words_read, words_written;
    reg  [31:0] own_data;
    reg         own_fits;  // what is written
    wire [4:0]  own = address[4:0];
    always @* begin
        own_fits = 1'b1;
        case (own)
            5'd0: begin own_data = 32'h00B1CA11; own_fits = 1'b0; end
            5'd1: begin own_data = AXONS; own_fits = 1'b0; end
            5'd2: begin own_data = NEURONS; own_fits = 1'b0; end
            5'd3: begin own_data = {31'd0, learn}; own_fits = write_data[31:1] == 0; end
            5'd4: begin own_data = {31'd0, flush}; own_fits = write_data == 32'd1; end
            5'd5: begin own_data = {30'd0, in_tick, busy}; own_fits = 1'b0; end
            5'd6: own_data = dropped;
            5'd7: begin own_data = tick; own_fits = !in_tick; end
            5'd8: begin own_data = {7'd0, phase}; own_fits = !in_tick && write_data[31:25] == 0; end
            5'd9: own_data = seed;
            5'd10: begin own_data = {4'd0, row_base}; own_fits = write_data[31:28] == 0; end
            5'd11: begin own_data = {4'd0, column_base}; own_fits = write_data[31:28] == 0; end
            5'd12: begin own_data = {16'd0, column_turn}; own_fits = write_data[31:16] == 0; end
            5'd13: own_data = sweeps;
            5'd14: own_data = words_read;
            5'd15: own_data = words_written;
            5'd16: begin own_data = LANES; own_fits = 1'b0; end
            5'd17: begin own_data = drifts; own_fits = !in_tick; end
            default: begin own_data = 32'd0; own_fits = 1'b0; end
        endcase
    end
    localparam [4:0] LAST_OWN = 17;
    wire own_legal = own <= LAST_OWN && (!write || own_fits);
    wire own_write = request && write && on_own && own_legal;
    assign write_tick = own_write && own == 5'd7;
    assign write_phase = own_write && own == 5'd8;
    assign write_drifts = own_write && own == 5'd17;

    always @(posedge clk) begin
        if (swept) flush <= 1'b0;  // all is up to date
        if (event_dropped) dropped <= dropped + 32'd1;
        if (swept) sweeps <= sweeps + 32'd1;
        if (word_read) words_read <= words_read + 32'd1;
        if (word_written) words_written <= words_written + 32'd1;
        if (own_write) case (own)
            5'd3: learn <= write_data[0];
            5'd4: flush <= 1'b1;
            5'd6: dropped <= write_data;
            5'd9: seed <= write_data;
            5'd10: row_base <= write_data[27:0];
            5'd11: column_base <= write_data[27:0];
            5'd12: column_turn <= write_data[15:0];
            5'd13: sweeps <= write_data;
            5'd14: words_read <= write_data;
            5'd15: words_written <= write_data;
            default: ;
        endcase
        if (rst) begin
            learn <= 1'b1;
            flush <= 1'b0;
            seed <= 32'd0;
            row_base <= 28'd0;
            column_base <= 28'd0;
            column_turn <= 16'd0;
            dropped <= 32'd0;
            sweeps <= 32'd0;
            words_read <= 32'd0;
            words_written <= 32'd0;
        end
    end

    // ---------------------------------------------------------------------------------------------- answer
    assign acknowledge = of_registers || state_done || !state_legal;
    assign error = of_registers ? (on_own ? !own_legal : !on_constant || constant_error) : !state_legal;
    assign read_data = on_own ? own_data : of_registers ? constant_data :
                       of_neuron ? neuron_data : of_row ? row_data : {{(32-H_BITS){1'b0}}, h_data};
endmodule
