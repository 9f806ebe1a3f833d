// bicall_neuron computes its formulas from any state of its registers; bounds of the membrane, what a spike resets, what
// the refractory period holds. Inputs are taken once, at the start, and then held; `arriving` may be anything until the
// last cycle.
module neuron_proof (
    input wire clk, input wire signed [24:0] any_current, input wire signed [23:0] any_membrane, input wire [7:0] any_refractory,
    input wire signed [18:0] any_sum, input wire [12:0] any_current_decay, any_membrane_decay,
    input wire signed [23:0] membrane_threshold, membrane_floor, input wire [7:0] refractory_ticks
);
    reg signed [24:0] current;
    reg signed [23:0] membrane;
    reg [7:0] refractory;
    reg signed [18:0] sum;
    reg [12:0] current_decay, membrane_decay;
    reg [2:0] cycle = 0;
    always @(posedge clk) begin
        if (cycle < 4) cycle <= cycle + 1;
        if (cycle == 0) begin
            current <= any_current;
            membrane <= any_membrane;
            refractory <= any_refractory;
            sum <= any_sum;
            current_decay <= any_current_decay;
            membrane_decay <= any_membrane_decay;
        end
    end
    wire signed [18:0] arriving = cycle < 3 ? any_sum : sum;
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
        .clk(clk), .current(current), .membrane(membrane), .refractory(refractory), .arriving(arriving),
        .current_decay(current_decay), .membrane_decay(membrane_decay), .membrane_threshold(24'sh7FFFFF),
        .membrane_floor(membrane_floor), .refractory_ticks(refractory_ticks), .current_next(quiet_current),
        .membrane_next(integrated), .refractory_next(quiet_refractory), .fired(quiet_fired)
    );
    // the specification's formulas, on magnitudes and signs
    localparam signed [39:0] LIMIT = 40'sd8388608;
    wire [24:0] current_size = current[24] ? -current : current;
    wire [23:0] membrane_size = membrane[23] ? -membrane : membrane;
    wire [37:0] current_product = current_size * current_decay;
    wire [36:0] membrane_product = membrane_size * membrane_decay;
    wire signed [39:0] current_kept = {14'd0, current_product[37:12]}, membrane_kept = {15'd0, membrane_product[36:12]};
    wire signed [39:0] pushed = (current < 0 ? -current_kept : current_kept) + 64 * sum;
    wire signed [39:0] wrapped = pushed > LIMIT ? pushed - 2 * LIMIT : pushed <= -LIMIT ? pushed + 2 * LIMIT : pushed;
    wire signed [39:0] summed = (membrane < 0 ? -membrane_kept : membrane_kept) + wrapped;
    wire signed [39:0] clipped = summed > LIMIT - 1 ? LIMIT - 1 : summed < 1 - LIMIT ? 1 - LIMIT : summed;
    wire signed [39:0] expected = refractory != 0 ? membrane : clipped > membrane_floor ? clipped : membrane_floor;

    always @* begin
        assume (any_current_decay <= 4096 && any_membrane_decay <= 4096);
        assume (any_current > -25'sd8388608 && any_current <= 25'sd8388608);
        assume (any_sum > -19'sd262144);
        assume (membrane_threshold > 0 && membrane_floor <= 0 && membrane_floor > -24'sd8388608);
        if (cycle == 4) begin
            assert (current_next == wrapped);
            assert (integrated == expected);
            assert (fired == (integrated > membrane_threshold));
            assert (membrane_next == (fired ? 24'sd0 : integrated));
            assert (!(membrane_next > membrane_threshold));
            if (refractory == 0) assert (membrane_next >= membrane_floor);
            if (fired) assert (membrane_next == 0 && refractory_next == refractory_ticks);
            if (refractory != 0 && !fired) assert (membrane_next == membrane && refractory_next == refractory - 8'd1);
        end
    end
endmodule
