// SPDX-License-Identifier: Apache-2.0
// bicall_routes: a tile's route table: from a neuron's spike to its packets, one for each place where its axon ends.
//
// A word a neuron says whether it sends packets, and where they begin; they lie one after the other as they are sent, and
// the last has its top bit set. A neuron without packets is passed over. The table's end ends a neuron's packets in any case.
// After a reset no neuron sends packets. The host reads and writes both tables while no spike comes.
//
// Latency:    3 cycles from a spike to its first packet. Throughput: a packet every 2 cycles.
// Parameters: NEURONS  of the core
//             ROUTES   packets in the table

`default_nettype none
module bicall_routes #(
    parameter NEURONS = 256,
    parameter ROUTES = 256
) (
    input  wire        clk,
    input  wire        rst,
    output wire        idle,

    input  wire        spike,
    output wire        spike_ready,  // its packets have gone
    input  wire [12:0] neuron,
    output wire        packet_valid,
    input  wire        packet_ready,
    output wire [30:0] packet,

    // the host: a read's data are there in the next cycle
    input  wire        of_starts,    // else of the packets
    input  wire [19:0] address,
    output wire        exists,
    output wire        fits,         // `write_data` can be written there
    input  wire        host_read,
    input  wire        host_write,
    input  wire [31:0] write_data,
    output wire [31:0] read_data
);
    generate
        if (ROUTES < 1 || ROUTES > 65536) begin : refused_routes
            ROUTES_must_be_from_1_to_65536 refused ();
        end
    endgenerate
    localparam NEURON_BITS = (NEURONS > 1) ? $clog2(NEURONS) : 1;
    localparam ROUTE_BITS = (ROUTES > 1) ? $clog2(ROUTES) : 1;
    localparam [31:0] LAST_NEURON = NEURONS - 1, LAST_ROUTE = ROUTES - 1;

    localparam [2:0] CLEAR = 0, REST = 1, CHECK = 2, FETCH = 3, OFFER = 4;
    reg [2:0]             state;
    reg [NEURON_BITS-1:0] cleared;
    reg [ROUTE_BITS-1:0]  route;
    wire [ROUTE_BITS:0]   start;  // its top bit: there is one
    wire [31:0]           word;

    assign exists = {12'd0, address} < (of_starts ? NEURONS : ROUTES);
    assign fits = exists && (!of_starts || write_data == 32'd0
                             || (write_data[31:16] == 16'h8000 && {16'd0, write_data[15:0]} < ROUTES));
    wire clears = state == CLEAR;
    bicall_memory #(.BITS(ROUTE_BITS + 1), .WORDS(NEURONS), .ADDRESS_BITS(NEURON_BITS)) starts (
        .clk(clk), .read(state == REST && (spike || host_read)),
        .read_address(spike ? neuron[NEURON_BITS-1:0] : address[NEURON_BITS-1:0]), .read_data(start),
        .write(clears || (host_write && of_starts)), .write_address(clears ? cleared : address[NEURON_BITS-1:0]),
        .write_data(clears ? {(ROUTE_BITS+1){1'b0}} : {write_data[31], write_data[ROUTE_BITS-1:0]})
    );
    bicall_memory #(.BITS(32), .WORDS(ROUTES), .ADDRESS_BITS(ROUTE_BITS)) packets (
        .clk(clk), .read(state == FETCH || host_read),
        .read_address(state == FETCH ? route : address[ROUTE_BITS-1:0]), .read_data(word),
        .write(host_write && !of_starts), .write_address(address[ROUTE_BITS-1:0]), .write_data(write_data)
    );
    assign read_data = of_starts ? {start[ROUTE_BITS], {(31-ROUTE_BITS){1'b0}}, start[ROUTE_BITS-1:0]} : word;

    wire last = word[31] || route == LAST_ROUTE[ROUTE_BITS-1:0];
    assign packet_valid = state == OFFER;
    assign packet = word[30:0];
    assign spike_ready = (state == CHECK && !start[ROUTE_BITS]) || (state == OFFER && packet_ready && last);
    assign idle = state == REST && !spike;
    wire _unused = &{1'b0, neuron, address};

    always @(posedge clk) begin
        case (state)
            CLEAR: begin
                cleared <= cleared + 1'b1;
                if (cleared == LAST_NEURON[NEURON_BITS-1:0]) state <= REST;
            end
            REST: if (spike) state <= CHECK;
            CHECK: begin
                route <= start[ROUTE_BITS-1:0];
                state <= start[ROUTE_BITS] ? FETCH : REST;
            end
            FETCH: state <= OFFER;
            default: if (packet_ready) begin  // OFFER
                route <= route + 1'b1;
                state <= last ? REST : FETCH;
            end
        endcase
        if (rst) begin
            state <= CLEAR;
            cleared <= {NEURON_BITS{1'b0}};
        end
    end
endmodule
`default_nettype wire
