// bicall_axi_lite: responses stay until they are taken, requests until they are acknowledged; one of each a transaction.
module axi_lite_proof (
    input wire clk, rst,
    input wire [7:0] s_axil_awaddr, s_axil_araddr, input wire [2:0] s_axil_awprot, s_axil_arprot,
    input wire s_axil_awvalid, s_axil_wvalid, s_axil_bready, s_axil_arvalid, s_axil_rready,
    input wire [31:0] s_axil_wdata, read_data, input wire [3:0] s_axil_wstrb, input wire acknowledge, error
);
    wire s_axil_awready, s_axil_wready, s_axil_bvalid, s_axil_arready, s_axil_rvalid, request, write;
    wire [1:0] s_axil_bresp, s_axil_rresp;
    wire [31:0] s_axil_rdata, write_data;
    wire [5:0] address;
    bicall_axi_lite #(.ADDRESS_BITS(8)) circuit (.*);

    reg started = 0, b_waits = 0, r_waits = 0, requested = 0, was_write = 0, refused = 0;
    reg [1:0] owed = 0;  // transactions taken and not answered
    reg [1:0] b_was = 0, r_was = 0;
    reg [31:0] r_data = 0, data_was = 0;
    reg [5:0] address_was = 0;
    always @(posedge clk) begin
        started <= 1;
        b_waits <= s_axil_bvalid && !s_axil_bready && !rst;
        r_waits <= s_axil_rvalid && !s_axil_rready && !rst;
        b_was <= s_axil_bresp;
        r_was <= s_axil_rresp;
        r_data <= s_axil_rdata;
        requested <= request && !acknowledge && !rst;
        address_was <= address;
        data_was <= write_data;
        was_write <= write;
        owed <= rst ? 0 : owed + (s_axil_awvalid && s_axil_awready) + (s_axil_arvalid && s_axil_arready)
                        - (s_axil_bvalid && s_axil_bready) - (s_axil_rvalid && s_axil_rready);
    end
    always @* begin
        assume (started || rst);
        if (started) begin
            if (b_waits) assert (s_axil_bvalid && s_axil_bresp == b_was);
            if (r_waits) assert (s_axil_rvalid && s_axil_rresp == r_was && s_axil_rdata == r_data);
            if (requested) assert (request && address == address_was && write == was_write);
            if (requested && write) assert (write_data == data_was);
            assert (owed == (request || s_axil_bvalid || s_axil_rvalid));
            assert (!(s_axil_bvalid && s_axil_rvalid) && !(request && (s_axil_bvalid || s_axil_rvalid)));
            assert (s_axil_awready == s_axil_wready && !(s_axil_awready && s_axil_arready));
            if (owed != 0) assert (!s_axil_awready && !s_axil_arready);
        end
    end
endmodule
