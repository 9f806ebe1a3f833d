// Lazy drift is exact: after any number of drift ticks, what one visit makes of h at the last access is what a visit a drift
// tick has made of it.
module lazy_drift_proof #(parameter H_BITS = 8) (
    input wire clk, input wire drift_tick, input wire [H_BITS-1:0] any_h, any_up, any_down
);
    reg started = 0;
    reg [H_BITS-1:0] h, drift_up, drift_down;  // at the last access; of one step
    reg [H_BITS-1:0] visited;                  // h with a visit a drift tick
    reg [31:0] steps = 0;
    wire [H_BITS-1:0] visited_next, lazy, up, down;
    wire w_visited, w_lazy;
    always @(posedge clk) begin
        started <= 1;
        if (!started) begin
            h <= any_h;
            visited <= any_h;
            drift_up <= any_up;
            drift_down <= any_down;
        end else if (drift_tick) begin
            visited <= visited_next;
            steps <= steps + 1;
        end
    end
    bicall_synapse #(.H_BITS(H_BITS)) visit (
        .h(visited), .drift_up(drift_up), .drift_down(drift_down), .learn(1'b0), .step(0), .row_word(16'd0),
        .column_turn(16'd0), .w(w_visited), .h_next(visited_next)
    );
    bicall_drift #(.H_BITS(H_BITS)) at_once (
        .steps(steps), .drift_up(drift_up), .drift_down(drift_down), .up(up), .down(down)
    );
    bicall_synapse #(.H_BITS(H_BITS)) catch_up (
        .h(h), .drift_up(up), .drift_down(down), .learn(1'b0), .step(0), .row_word(16'd0), .column_turn(16'd0), .w(w_lazy),
        .h_next(lazy)
    );
    always @* begin
        assume (steps != 32'hFFFFFFFF);
        if (started) begin
            assert (lazy == visited);
            assert (w_lazy == w_visited);
        end
    end
endmodule
