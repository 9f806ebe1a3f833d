// Catching up is exact: what bicall_catch_up and bicall_synapse make of a row that was left alone for TICKS ticks is what a
// visit a tick makes of it by the tick contract; for all values, any of the ticks being drift ticks, ticks with postsynaptic
// spikes of this synapse's or of other neurons, and first ticks after a reset. The row's own tick is tick 0.
`include "bicall_constants.vh"

module catch_up_proof #(
    parameter TICKS = 2, parameter H_BITS = 3, parameter FRACTION = 1, parameter X_BITS = 3, parameter ROUNDING = 2
) (
    input wire clk, input wire any_spike, input wire [H_BITS-1:0] any_h, any_up, any_down, input wire [X_BITS-1:0] any_x, any_theta,
    input wire [12:0] any_decay, any_bump, input wire [H_BITS+FRACTION:0] any_c_p, any_c_d1, any_c_d2,
    input wire [31:0] any_base, any_drifts, input wire [7:0] any_sample, input wire any_depresses, any_wipe,
    input wire [TICKS:0] any_fired, any_own, any_drift, any_reset, input wire [16*(TICKS+1)-1:0] any_words_x, any_words_h,
    input wire [15:0] any_word_pre
);
    localparam DEPTH = 4, STEP = H_BITS + FRACTION + 1;
    // taken once, at the start, then held
    reg spike, depresses, wipe;
    reg [H_BITS-1:0] h, up, down;
    reg [X_BITS-1:0] x, theta;
    reg [12:0] decay, bump;
    reg [STEP-1:0] c_p, c_d1, c_d2;
    reg [31:0] base, drifts;
    reg [7:0] sample;
    reg [TICKS:0] fired, own, drift, first;
    reg [16*(TICKS+1)-1:0] words_x, words_h;
    reg [15:0] word_pre;
    reg [5:0] cycle = 0;
    always @(posedge clk) begin
        if (cycle != 63) cycle <= cycle + 1;
        if (cycle == 0) begin
            {spike, depresses, h, up, down, x, theta} <= {any_spike, any_depresses, any_h, any_up, any_down, any_x, any_theta};
            {decay, bump, c_p, c_d1, c_d2} <= {any_decay, any_bump, any_c_p, any_c_d1, any_c_d2};
            {base, drifts, sample, wipe, word_pre} <= {any_base, any_drifts, any_sample, any_wipe, any_word_pre};
            {fired, own, drift, first} <= {any_fired, any_own & any_fired, any_drift, any_reset};
            {words_x, words_h} <= {any_words_x, any_words_h};
        end
    end
    always @* begin
        assume (any_decay <= 4096 && any_bump <= 4096);
        assume (!any_drift[0] && !any_reset[0]);
        assume (!any_c_p[STEP-1] && (any_c_d1[STEP-1] || any_c_d1 == 0) && (any_c_d2[STEP-1] || any_c_d2 == 0));
        assume (!any_wipe || !any_spike);  // numbers of samples come round in a reset, between two ticks
        assume (!any_fired[TICKS] || !any_spike);  // the spikes of this tick come after the axon's
    end

    // ---------------------------------------------------------------- the tick contract, a visit a tick
    wire [X_BITS*(TICKS+2)-1:0] x_after;  // [t]: x after tick t
    wire [H_BITS*(TICKS+2)-1:0] h_after;
    assign x_after[0 +: X_BITS] = x;
    genvar t;
    generate
        for (t = 0; t <= TICKS; t = t + 1) begin : visit
            wire [X_BITS-1:0] x_before, x_decayed, x_now;
            wire [H_BITS-1:0] h_drifted, h_now, h_learned;
            wire signed [STEP-1:0] step;
            wire w;
            if (t == 0) begin
                assign x_now = x;
                assign h_drifted = h;
            end else begin
                assign x_before = first[t] ? {X_BITS{1'b0}} : visit[t-1].x_now;
                wire [X_BITS+12:0] product = x_before * decay + {{(X_BITS+1){1'b0}}, ROUNDING == 2 ? words_x[16*t+4 +: 12] : 12'd0};
                assign x_now = product[X_BITS+11:12];
                wire [H_BITS:0] risen = visit[t-1].h_now + up;
                assign h_drifted = !drift[t] ? visit[t-1].h_now :
                    visit[t-1].h_now[H_BITS-1] ? (risen[H_BITS] ? {H_BITS{1'b1}} : risen[H_BITS-1:0]) :
                    visit[t-1].h_now < down ? {H_BITS{1'b0}} : visit[t-1].h_now - down;
            end
            wire [X_BITS+STEP-1:0] scaled = c_p * x_now;
            assign step = scaled[X_BITS+STEP-1:X_BITS] + (x_now < theta ? c_d2 : {STEP{1'b0}});
            bicall_synapse #(.H_BITS(H_BITS), .STEP_FRACTION_BITS(FRACTION), .ROUNDING(ROUNDING)) learn (
                .h(h_drifted), .drift_up({H_BITS{1'b0}}), .drift_down({H_BITS{1'b0}}), .learn(1'b1), .step(step),
                .row_word(words_h[16*t +: 16]), .column_turn(16'd0), .w(w), .h_next(h_learned)
            );
            assign h_now = own[t] ? h_learned : h_drifted;
        end
    endgenerate
    wire [H_BITS-1:0] h_depressed;
    wire w_now;
    bicall_synapse #(.H_BITS(H_BITS), .STEP_FRACTION_BITS(FRACTION), .ROUNDING(ROUNDING)) depress (
        .h(visit[TICKS].h_drifted), .drift_up({H_BITS{1'b0}}), .drift_down({H_BITS{1'b0}}), .learn(spike && depresses),
        .step(c_d1), .row_word(word_pre), .column_turn(16'd0), .w(w_now), .h_next(h_depressed)
    );
    wire [H_BITS-1:0] h_expected = spike ? h_depressed : visit[TICKS].h_now;
    wire [X_BITS+12:0] bumping = (~visit[TICKS].x_now & {X_BITS{1'b1}}) * bump;
    wire [X_BITS-1:0] x_expected = wipe ? {X_BITS{1'b0}} : spike ? visit[TICKS].x_now + bumping[X_BITS+11:12] : visit[TICKS].x_now;

    // ---------------------------------------------------------------- the archive: an entry a tick with spikes
    reg [71:0] entries [0:DEPTH-1];
    reg [DEPTH-1:0] entry_own;
    reg [2:0] count;
    reg [31:0] now_drifts;
    reg [7:0] now_sample;
    integer k;
    always @* begin
        count = 0;
        entry_own = 0;
        now_drifts = drifts;
        now_sample = sample;
        for (k = 0; k < DEPTH; k = k + 1) entries[k] = 0;
        for (k = 0; k <= TICKS; k = k + 1) begin
            now_drifts = now_drifts + drift[k];
            if (first[k]) now_sample = now_sample + 1;
            if (fired[k]) begin
                entries[count[1:0]] = {base + k, now_drifts, now_sample};
                entry_own[count[1:0]] = own[k];
                count = count + 1;
            end
        end
    end
    wire [1:0] entry_address;
    reg [71:0] entry;
    always @(posedge clk) entry <= entries[entry_address];

    // ---------------------------------------------------------------- the circuit
    wire done, item_write, random_start;
    wire [2:0] items, item_address;
    wire [X_BITS-1:0] x_now;
    wire [2*H_BITS+STEP+15:0] item;
    wire [3:0] stream;
    wire [27:0] index;
    wire [31:0] random_tick;
    reg random_done = 0, x_word_comes = 0;
    reg [15:0] random_word, x_word;
    wire x_word_ask, x_word_forget;
    wire [31:0] x_word_tick, which = random_tick - base, which_x = x_word_tick - base;
    always @(posedge clk) begin
        random_done <= random_start;
        if (random_start) random_word <= stream == `BICALL_STREAM_ROUND_POST ? words_h[16*which[2:0] +: 16] : word_pre;
        x_word_comes <= x_word_ask && !x_word_forget;
        x_word <= words_x[16*which_x[2:0] +: 16];
    end
    bicall_catch_up #(
        .DEPTH(DEPTH), .H_BITS(H_BITS), .STEP_FRACTION_BITS(FRACTION), .X_BITS(X_BITS), .X_ROUNDING(ROUNDING),
        .H_ROUNDING(ROUNDING)
    ) circuit (
        .clk(clk), .rst(cycle == 0), .start(cycle == 1), .spike(spike), .depresses(depresses), .done(done), .items(items),
        .row_number(28'd0), .row_x(x), .row_tick(base), .row_drifts(drifts), .row_sample(sample), .row_entry(3'd0), .x_now(x_now),
        .tick(base + TICKS), .drifts(now_drifts), .sample(now_sample), .wipe(wipe), .entries(count), .entry_address(entry_address),
        .entry(entry), .item_write(item_write), .item_address(item_address), .item(item), .x_decay(decay), .x_bump(bump),
        .potentiation(c_p), .depression_pre(c_d1), .depression_post(c_d2), .pre_threshold(theta), .drift_up(up),
        .drift_down(down), .x_word_ask(x_word_ask), .x_word_tick(x_word_tick), .x_word_forget(x_word_forget),
        .x_word_comes(x_word_comes), .x_word(x_word), .random_start(random_start), .random_stream(stream), .random_index(index),
        .random_tick(random_tick), .random_done(random_done), .random_word(random_word)
    );
    // the items are applied as they come
    reg [H_BITS-1:0] h_circuit;
    wire [H_BITS-1:0] h_applied;
    wire learns = item_address == count ? spike && depresses : entry_own[item_address[1:0]];
    wire w;
    reg w_last;
    bicall_synapse #(.H_BITS(H_BITS), .STEP_FRACTION_BITS(FRACTION), .ROUNDING(ROUNDING)) synapse (
        .h(h_circuit), .drift_up(item[STEP+16+H_BITS +: H_BITS]), .drift_down(item[STEP+16 +: H_BITS]), .learn(learns),
        .step(item[16 +: STEP]), .row_word(item[15:0]), .column_turn(16'd0), .w(w), .h_next(h_applied)
    );
    reg finished = 0;
    always @(posedge clk) begin
        if (cycle == 1) h_circuit <= h;
        else if (item_write) begin
            h_circuit <= h_applied;
            w_last <= w;
        end
        if (ends) finished <= 1;
    end
    wire ends = done && cycle > 1;
    always @* if (ends && !finished) begin
        assert (h_circuit == h_expected);
        assert (x_now == x_expected);
        assert (!spike || w_last == w_now);
        assert (items == count + 1);
    end
    always @* assert (cycle != LATEST || finished);  // all within the depth that is looked at
    localparam LATEST = 8 * (TICKS + 2) + (ROUNDING == 2 ? 3 : 1) * TICKS + 6;
endmodule
