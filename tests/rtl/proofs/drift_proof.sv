// Lazy drift is exact: drift by a and then by b is drift by a + b, saturated; so n steps at once are n single steps.
module drift_proof #(parameter H_BITS = 8) (input wire [H_BITS-1:0] h, up_a, down_a, up_b, down_b);
    wire [H_BITS-1:0] after_a, after_both, at_once;
    wire [H_BITS:0] up_sum = up_a + up_b, down_sum = down_a + down_b;
    wire [H_BITS-1:0] up = up_sum[H_BITS] ? {H_BITS{1'b1}} : up_sum[H_BITS-1:0];
    wire [H_BITS-1:0] down = down_sum[H_BITS] ? {H_BITS{1'b1}} : down_sum[H_BITS-1:0];
    wire w_a, w_b, w_at_once;
    bicall_synapse #(.H_BITS(H_BITS)) first (
        .h(h), .drift_up(up_a), .drift_down(down_a), .learn(1'b0), .step(0), .row_word(16'd0), .column_turn(16'd0),
        .w(w_a), .h_next(after_a)
    );
    bicall_synapse #(.H_BITS(H_BITS)) second (
        .h(after_a), .drift_up(up_b), .drift_down(down_b), .learn(1'b0), .step(0), .row_word(16'd0), .column_turn(16'd0),
        .w(w_b), .h_next(after_both)
    );
    bicall_synapse #(.H_BITS(H_BITS)) once (
        .h(h), .drift_up(up), .drift_down(down), .learn(1'b0), .step(0), .row_word(16'd0), .column_turn(16'd0),
        .w(w_at_once), .h_next(at_once)
    );
    always @* begin
        assert (after_both == at_once);
        assert (w_a == w_b && w_a == w_at_once);
    end
endmodule
