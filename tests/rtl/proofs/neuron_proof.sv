// bicall_neuron computes its formulas for a neuron that goes through it, from any state of its registers and with any other
// neurons before and after it; bounds of the membrane, what a spike resets, what the refractory period holds. In a pause
// the outputs hold.
module neuron_proof #(parameter WAITING = 0) (
    input wire clk, input wire any_advance, input wire signed [24:0] current, input wire signed [23:0] membrane,
    input wire [7:0] any_refractory, input wire signed [18:0] arriving, input wire [12:0] any_current_decay, any_membrane_decay,
    input wire signed [23:0] any_threshold, any_floor, input wire [7:0] any_ticks
);
    // taken once, at the start, then held
    reg [12:0] current_decay, membrane_decay;
    reg signed [23:0] membrane_threshold, membrane_floor;
    reg [7:0] refractory_ticks;
    // the neuron that is followed enters in cycle 1; its state before, and what arrives for it
    reg [2:0] cycle = 0;
    reg signed [24:0] before_current;
    reg signed [23:0] before_membrane;
    reg [7:0] before_refractory;
    reg signed [18:0] sum;
    wire advance = cycle < 4 || any_advance;
    // it waits, or not, as the task says: the solver need not find out that the membrane's product is one of two
    wire [7:0] refractory = cycle != 1 ? any_refractory : WAITING ? any_refractory : 8'd0;
    reg paused = 0;
    reg [57:0] outputs;
    always @(posedge clk) begin
        if (cycle < 5) cycle <= cycle + 1;
        if (cycle == 0) begin
            {current_decay, membrane_decay, refractory_ticks} <= {any_current_decay, any_membrane_decay, any_ticks};
            {membrane_threshold, membrane_floor} <= {any_threshold, any_floor};
        end
        if (cycle == 1) {before_current, before_membrane, before_refractory} <= {current, membrane, refractory};
        if (cycle == 3) sum <= arriving;
        paused <= cycle == 4 && !advance;
        outputs <= {current_next, membrane_next, refractory_next, fired};
    end
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
        .membrane_threshold(24'sh7FFFFF), .current_next(quiet_current), .membrane_next(integrated),
        .refractory_next(quiet_refractory), .fired(quiet_fired), .*
    );
    // the specification's formulas, on magnitudes and signs
    localparam signed [39:0] LIMIT = 40'sd8388608;
    wire [24:0] current_size = before_current[24] ? -before_current : before_current;
    wire [23:0] membrane_size = before_membrane[23] ? -before_membrane : before_membrane;
    wire [37:0] current_product = current_size * current_decay;
    wire [36:0] membrane_product = membrane_size * membrane_decay;
    wire signed [39:0] current_kept = {14'd0, current_product[37:12]}, membrane_kept = {15'd0, membrane_product[36:12]};
    wire signed [39:0] pushed = (before_current < 0 ? -current_kept : current_kept) + 64 * sum;
    wire signed [39:0] wrapped = pushed > LIMIT ? pushed - 2 * LIMIT : pushed <= -LIMIT ? pushed + 2 * LIMIT : pushed;
    wire signed [39:0] summed = (before_membrane < 0 ? -membrane_kept : membrane_kept) + wrapped;
    wire signed [39:0] clipped = summed > LIMIT - 1 ? LIMIT - 1 : summed < 1 - LIMIT ? 1 - LIMIT : summed;
    wire signed [39:0] expected =
        WAITING ? before_membrane : clipped > membrane_floor ? clipped : membrane_floor;

    always @* begin
        assume (any_current_decay <= 4096 && any_membrane_decay <= 4096);
        assume (current > -25'sd8388608 && current <= 25'sd8388608);
        assume (arriving > -19'sd262144);
        if (WAITING && cycle == 1) assume (any_refractory != 0);
        assume (any_threshold > 0 && any_floor <= 0 && any_floor > -24'sd8388608);
        if (paused) assert (outputs == {current_next, membrane_next, refractory_next, fired});
        if (cycle == 4) begin
            assert (current_next == wrapped);
            assert (integrated == expected);
            assert (fired == (integrated > membrane_threshold));
            assert (membrane_next == (fired ? 24'sd0 : integrated));
            assert (!(membrane_next > membrane_threshold));
            if (!WAITING) assert (membrane_next >= membrane_floor);
            if (fired) assert (membrane_next == 0 && refractory_next == refractory_ticks);
            if (WAITING && !fired)
                assert (membrane_next == before_membrane && refractory_next == before_refractory - 8'd1);
        end
    end
endmodule
