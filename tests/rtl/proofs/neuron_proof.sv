// bicall_neuron computes its formulas; bounds of the membrane, what a spike resets, what the refractory period holds.
module neuron_proof (
    input wire signed [24:0] current, input wire signed [23:0] membrane, input wire [7:0] refractory,
    input wire signed [18:0] arriving, input wire [12:0] current_decay, membrane_decay,
    input wire signed [23:0] membrane_threshold, membrane_floor, input wire [7:0] refractory_ticks
);
    wire signed [24:0] current_next;
    wire signed [23:0] membrane_next;
    wire [7:0] refractory_next;
    wire fired;
    bicall_neuron circuit (.*);

    // with the highest threshold nothing fires, and the membrane after integration shows
    wire signed [24:0] quiet_current;
    wire signed [23:0] integrated;
    wire [7:0] quiet_refractory;
    wire quiet_fired;
    bicall_neuron quiet (
        .current(current), .membrane(membrane), .refractory(refractory), .arriving(arriving),
        .current_decay(current_decay), .membrane_decay(membrane_decay), .membrane_threshold(24'sh7FFFFF),
        .membrane_floor(membrane_floor), .refractory_ticks(refractory_ticks), .current_next(quiet_current),
        .membrane_next(integrated), .refractory_next(quiet_refractory), .fired(quiet_fired)
    );
    // the specification's formulas, on magnitudes and signs
    localparam signed [39:0] LIMIT = 40'sd8388608;
    wire [24:0] current_size = current < 0 ? -current : current;
    wire [23:0] membrane_size = membrane < 0 ? -membrane : membrane;
    wire [37:0] current_product = current_size * current_decay;
    wire [36:0] membrane_product = membrane_size * membrane_decay;
    wire signed [39:0] current_kept = {14'd0, current_product[37:12]}, membrane_kept = {15'd0, membrane_product[36:12]};
    wire signed [39:0] pushed = (current < 0 ? -current_kept : current_kept) + 64 * arriving;
    wire signed [39:0] wrapped = pushed > LIMIT ? pushed - 2 * LIMIT : pushed <= -LIMIT ? pushed + 2 * LIMIT : pushed;
    wire signed [39:0] summed = (membrane < 0 ? -membrane_kept : membrane_kept) + wrapped;
    wire signed [39:0] clipped = summed > LIMIT - 1 ? LIMIT - 1 : summed < 1 - LIMIT ? 1 - LIMIT : summed;
    wire signed [39:0] expected = refractory != 0 ? membrane : clipped > membrane_floor ? clipped : membrane_floor;

    always @* begin
        assume (current_decay <= 4096 && membrane_decay <= 4096);
        assume (current > -25'sd8388608 && current <= 25'sd8388608);
        assume (arriving > -19'sd262144);
        assert (current_next == wrapped);
        assert (integrated == expected);
        assume (membrane_threshold > 0 && membrane_floor <= 0 && membrane_floor > -24'sd8388608);
        assert (fired == (integrated > membrane_threshold));
        assert (membrane_next == (fired ? 24'sd0 : integrated));
        assert (!(membrane_next > membrane_threshold));
        if (refractory == 0) assert (membrane_next >= membrane_floor);
        if (fired) assert (membrane_next == 0 && refractory_next == refractory_ticks);
        if (refractory != 0 && !fired) assert (membrane_next == membrane && refractory_next == refractory - 8'd1);
    end
endmodule
