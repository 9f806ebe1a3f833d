// bicall_fifo: nothing is lost, doubled or reordered, and what is offered stays until it is taken.
module fifo_proof #(parameter BITS = 3, parameter DEPTH_LOG2 = 2) (
    input wire clk, rst, in_valid, out_ready, mark, input wire [BITS-1:0] in_data
);
    wire in_ready, out_valid;
    wire [BITS-1:0] out_data;
    bicall_fifo #(.BITS(BITS), .DEPTH_LOG2(DEPTH_LOG2)) circuit (
        .*, .peek_ahead(ahead[DEPTH_LOG2-1:0]), .peek_data(followed_inside), .peek_held(held_inside)
    );
    wire [BITS-1:0] followed_inside;
    wire [DEPTH_LOG2:0] held_inside;

    // one word, at any time, is followed: `ahead` words leave before it
    reg following = 0;
    reg [DEPTH_LOG2:0] ahead = 0, held = 0;
    reg [BITS-1:0] followed = 0;
    reg offered = 0;
    reg [BITS-1:0] offered_data = 0;
    reg started = 0;
    wire push = in_valid && in_ready, pop = out_valid && out_ready;

    always @(posedge clk) begin
        started <= 1;
        offered <= out_valid && !out_ready;
        offered_data <= out_data;
        held <= held + push - pop;
        if (push && mark && !following) begin
            following <= 1;
            ahead <= held - pop;
            followed <= in_data;
        end else if (following && pop) begin
            ahead <= ahead - 1;
            if (ahead == 0) following <= 0;
        end
        if (rst) begin
            following <= 0;
            held <= 0;
            offered <= 0;
        end
    end
    always @* begin
        assume (started || rst);
        if (started) begin
            assert (held == held_inside);
            assert (held <= (1 << DEPTH_LOG2));
            assert (out_valid == (held != 0));
            assert (in_ready == (held != (1 << DEPTH_LOG2)));
            if (following) assert (ahead < held && followed_inside == followed);
            if (following && ahead == 0) assert (out_valid && out_data == followed);
            if (offered) assert (out_valid && out_data == offered_data);
        end
    end
endmodule
