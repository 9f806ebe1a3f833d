// SPDX-License-Identifier: Apache-2.0
// bicall_network_interface: between a tile's router and its core: rounds, what arrives, what is sent, the host's operations.
//
// A round is what comes until a marker. A marker with `tick` set lets the core run a tick on what has arrived for it (in
// bicall_pending); its neurons' spikes are sent as bicall_routes says. A marker with `forget` resets between samples: what
// waits is dropped, the core gets its reset; no tick runs. Then come the words that the host asked for, then the tile's own
// marker. So the next round's marker at the host says that all tiles have done what the last one asked for.
//
// The host's operations (docs/packets.md) act when they come, in order. They are for the time between a marker of the tile's
// own and the next marker that comes in, which the host knows: at any other time, as in mid-tick, they do nothing and are
// counted. An operation waits for the core for as long as a sweep takes, never for a packet to be sent, and spikes are taken
// at all times: so the mesh always comes to drain.
//
// Latency:    2 cycles to take a spike. Throughput: a spike every 2 cycles, a word every 8 cycles or so.
// Parameters: AXONS, NEURONS  of the core
//             SLOTS           of bicall_pending
//             ROUTES          of bicall_routes
//             HOST_X, HOST_Y  the tile that serves the host

`include "bicall_packets.vh"

`default_nettype none
module bicall_network_interface #(
    parameter AXONS = 256,
    parameter NEURONS = 256,
    parameter SLOTS = 2,
    parameter ROUTES = 256,
    parameter HOST_X = 0,
    parameter HOST_Y = 0
) (
    input  wire        clk,
    input  wire        rst,

    // the router
    input  wire        in_valid,
    output wire        in_ready,
    input  wire [31:0] in_data,
    output wire        out_valid,
    input  wire        out_ready,
    output wire [31:0] out_data,
    input  wire [5:0]  undeliverable,  // the router drops packets, a bit an input

    // the core
    output wire        event_valid,
    input  wire        event_ready,
    output wire [31:0] event_data,
    input  wire        spike_valid,
    output wire        spike_ready,
    input  wire [31:0] spike_data,
    input  wire        spike_last,
    output wire [23:0] axil_address,
    output wire        axil_awvalid,
    input  wire        axil_awready,
    output wire [31:0] axil_wdata,
    input  wire        axil_bvalid,
    input  wire [1:0]  axil_bresp,
    output wire        axil_arvalid,
    input  wire        axil_arready,
    input  wire        axil_rvalid,
    input  wire [1:0]  axil_rresp,
    input  wire [31:0] axil_rdata
);
    localparam [31:0] PLACE_X = HOST_X, PLACE_Y = HOST_Y, ALL_SLOTS = SLOTS, ALL_ROUTES = ROUTES;

    localparam [3:0] BOOT = 0, LISTEN = 1, WRITE = 2, TICK = 3, FORGET = 4, CLEARING = 5, REPLY = 6, READ = 7, WAIT = 8,
                     HIGH = 9, LOW = 10, MARK = 11;
    reg [3:0]  state;
    reg        asked;      // the core has taken the address
    reg        read_error;
    reg [22:0] address;    // of a word
    reg [31:0] data;
    reg [15:0] count;      // words that the host waits for

    // ---------------------------------------------------------------------------------------------- what arrives
    wire        is_marker = in_data[`BICALL_FLIT_MARKER];
    wire [1:0]  kind = in_data[`BICALL_FLIT_KIND];
    wire [4:0]  operation = in_data[`BICALL_FLIT_OPERATION];
    wire [15:0] half = in_data[`BICALL_FLIT_DATA];
    wire listens = state == LISTEN;
    wire is_spike = kind == `BICALL_KIND_SPIKE || kind == `BICALL_KIND_DIRECT;
    wire set_ready, out_of_range, doubled, pending_idle, pending_valid, routes_idle;
    wire set = in_valid && !is_marker && is_spike;
    wire round_ends = in_valid && listens && is_marker;
    wire operates = in_valid && state != BOOT && state != WRITE && !is_marker && !is_spike;
    wire known = kind == `BICALL_KIND_OPERATION && operation <= `BICALL_OPERATION_READ;
    wire acts = operates && listens && known;
    wire starts_write = acts && operation == `BICALL_OPERATION_WRITE;
    assign in_ready = set ? set_ready : round_ends || operates;

    wire begins = round_ends && in_data[`BICALL_FLIT_TICK] && !in_data[`BICALL_FLIT_FORGET];
    wire forgets = round_ends && in_data[`BICALL_FLIT_FORGET];
    wire [31:0] pending_data;
    bicall_pending #(.AXONS(AXONS), .NEURONS(NEURONS), .SLOTS(SLOTS)) pending (
        .clk(clk), .rst(rst), .set(set), .set_ready(set_ready), .set_direct(kind == `BICALL_KIND_DIRECT),
        .set_later(in_data[`BICALL_FLIT_LATER]), .set_index(in_data[`BICALL_FLIT_INDEX]), .out_of_range(out_of_range),
        .doubled(doubled), .begin_tick(begins), .forget(forgets), .idle(pending_idle), .event_valid(pending_valid),
        .event_ready(event_ready && state == TICK), .event_data(pending_data)
    );
    assign event_valid = (state == TICK && pending_valid) || state == FORGET;
    assign event_data = state == FORGET ? 32'hC0000000 : pending_data;

    // ---------------------------------------------------------------------------------------------- what is sent
    wire        packet_valid, exists, fits, routes_spike_ready;
    wire [30:0] packet;
    wire [31:0] table_word;
    wire of_own = address[22];
    wire of_registers = address[21:20] == 2'd0;
    wire of_starts = address[21:20] == 2'd1;
    wire of_tables = of_starts || address[21:20] == 2'd2;
    bicall_routes #(.NEURONS(NEURONS), .ROUTES(ROUTES)) routes (
        .clk(clk), .rst(rst), .idle(routes_idle), .spike(spike_valid && !spike_last), .spike_ready(routes_spike_ready),
        .neuron(spike_data[12:0]), .packet_valid(packet_valid), .packet_ready(out_ready), .packet(packet),
        .of_starts(of_starts), .address(address[19:0]), .exists(exists), .fits(fits),
        .host_read(state == READ && of_own), .host_write(writes_own && of_tables && fits), .write_data(data),
        .read_data(table_word)
    );
    wire tick_ends = state == TICK && spike_valid && spike_last && routes_idle;
    assign spike_ready = spike_last ? tick_ends : routes_spike_ready;
    wire [22:0] reply = {`BICALL_KIND_TO_HOST, 1'b1, 2'b00, read_error, state == HIGH, state == HIGH ? data[31:16] : data[15:0]};
    assign out_valid = packet_valid || state == HIGH || state == LOW || state == MARK;
    assign out_data = state == MARK ? 32'h80000000 :
                      packet_valid ? {1'b0, packet} : {1'b0, PLACE_X[3:0], PLACE_Y[3:0], reply};

    // ---------------------------------------------------------------------------------------------- the host's words
    wire writes_own = state == WRITE && of_own;
    wire counter_written = writes_own && of_registers && address[19:4] == 16'd0 && address[3:2] == 2'd1;
    wire own_refused = writes_own && !counter_written && !(of_tables && fits);
    assign axil_address = {address[21:0], 2'b00};
    assign axil_wdata = data;
    assign axil_awvalid = state == WRITE && !of_own && !asked;
    assign axil_arvalid = state == READ && !of_own && !asked;

    reg [31:0] undelivered, refused, strays, doubles;
    wire [31:0] register_word = address[19:4] != 16'd0 ? 32'd0 :
                                address[3:0] == `BICALL_TILE_IDENTITY ? `BICALL_TILE_IS :
                                address[3:0] == `BICALL_TILE_SLOTS ? ALL_SLOTS :
                                address[3:0] == `BICALL_TILE_ROUTES ? ALL_ROUTES :
                                address[3:0] == `BICALL_TILE_UNDELIVERABLE ? undelivered :
                                address[3:0] == `BICALL_TILE_REFUSED ? refused :
                                address[3:0] == `BICALL_TILE_OUT_OF_RANGE ? strays :
                                address[3:0] == `BICALL_TILE_DOUBLED ? doubles : 32'd0;
    wire register_exists = address[19:4] == 16'd0 && address[3:0] <= `BICALL_TILE_DOUBLED
                           && address[3:0] != `BICALL_TILE_ROUTES + 4'd1;
    wire [2:0] lost = {2'b00, undeliverable[0]} + {2'b00, undeliverable[1]} + {2'b00, undeliverable[2]}
                      + {2'b00, undeliverable[3]} + {2'b00, undeliverable[4]} + {2'b00, undeliverable[5]};
    wire _unused = &{1'b0, axil_bresp[0], axil_rresp[0], spike_data[31:13], in_data[30:23]};

    always @(posedge clk) begin
        case (state)
            BOOT: if (pending_idle && routes_idle) state <= MARK;
            LISTEN: begin
                if (acts) case (operation)
                    `BICALL_OPERATION_ADDRESS_HIGH: address[22:16] <= half[6:0];
                    `BICALL_OPERATION_ADDRESS_LOW: address[15:0] <= half;
                    `BICALL_OPERATION_DATA_HIGH: data[31:16] <= half;
                    `BICALL_OPERATION_WRITE: data[15:0] <= half;
                    default: count <= half;
                endcase
                state <= starts_write ? WRITE : forgets ? FORGET : begins ? TICK : round_ends ? REPLY : LISTEN;
            end
            WRITE: begin
                if (axil_awready) asked <= 1'b1;
                if (of_own || axil_bvalid) begin
                    address <= address + 23'd1;
                    asked <= 1'b0;
                    state <= LISTEN;
                end
            end
            TICK: if (tick_ends) state <= REPLY;
            FORGET: if (event_ready) state <= CLEARING;
            CLEARING: if (pending_idle) state <= REPLY;
            REPLY: state <= count == 16'd0 ? MARK : READ;
            READ: begin
                if (axil_arready) asked <= 1'b1;
                if (of_own || axil_rvalid) begin
                    data <= axil_rdata;
                    read_error <= axil_rresp[1];
                    asked <= 1'b0;
                    state <= of_own ? WAIT : HIGH;
                end
            end
            WAIT: begin
                data <= of_registers ? register_word : table_word;
                read_error <= of_registers ? !register_exists : !(of_tables && exists);
                state <= HIGH;
            end
            HIGH: if (out_ready) state <= LOW;
            LOW: if (out_ready) begin
                address <= address + 23'd1;
                count <= count - 16'd1;
                state <= REPLY;
            end
            default: if (out_ready) state <= LISTEN;  // MARK
        endcase
        undelivered <= undelivered + {29'd0, lost};
        if ((operates && !acts) || own_refused || (state == WRITE && axil_bvalid && axil_bresp[1])) refused <= refused + 32'd1;
        if (out_of_range) strays <= strays + 32'd1;
        if (doubled) doubles <= doubles + 32'd1;
        if (counter_written) case (address[1:0])
            2'd0: undelivered <= data;
            2'd1: refused <= data;
            2'd2: strays <= data;
            default: doubles <= data;
        endcase
        if (rst) begin
            state <= BOOT;
            asked <= 1'b0;
            count <= 16'd0;
            undelivered <= 32'd0;
            refused <= 32'd0;
            strays <= 32'd0;
            doubles <= 32'd0;
        end
    end
endmodule
`default_nettype wire
