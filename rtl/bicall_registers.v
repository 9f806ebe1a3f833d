// bicall_registers: the constants of the rule and of the neuron, which a host can change at run time.
//
// Register k holds the k-th constant of emulator.constants.Constants that is not a full scale, a width or a rounding.
// After a reset they hold the values of bicall_constants.vh. A value that does not fit its register, or is beyond its
// limit, is refused: `error` is up and nothing changes.
//
// Latency:    a write acts in the next cycle; reads are combinational. Throughput: one access a cycle.
// Parameters: widths in bits, as in bicall_constants.vh

`include "bicall_constants.vh"

module bicall_registers #(
    parameter H_BITS = `BICALL_H_BITS,
    parameter STEP_FRACTION_BITS = `BICALL_STEP_FRACTION_BITS,
    parameter X_BITS = `BICALL_X_BITS,
    parameter Y_BITS = `BICALL_Y_BITS,
    parameter S_BITS = `BICALL_S_BITS,
    parameter STEP_BITS = H_BITS + STEP_FRACTION_BITS + 1
) (
    input  wire                        clk,
    input  wire                        rst,
    input  wire                        write,
    input  wire [4:0]                  index,
    input  wire [31:0]                 write_data,
    output wire [31:0]                 read_data,
    output wire                        error,  // of the access at `index` with `write_data`

    output wire [12:0]                 x_decay,
    output wire [12:0]                 x_bump,
    output wire [12:0]                 y_decay,
    output wire [12:0]                 y_bump,
    output wire [12:0]                 s_decay,
    output wire [12:0]                 s_bump,
    output wire [STEP_BITS-1:0]        potentiation,
    output wire signed [STEP_BITS-1:0] depression_pre,
    output wire signed [STEP_BITS-1:0] depression_post,
    output wire [X_BITS-1:0]           pre_threshold,
    output wire [Y_BITS-1:0]           post_threshold,
    output wire signed [S_BITS+1:0]    gate_low,
    output wire signed [S_BITS+1:0]    gate_high,
    output wire [H_BITS-1:0]           drift_up,
    output wire [H_BITS-1:0]           drift_down,
    output wire signed [16:0]          weight_low,
    output wire signed [16:0]          weight_high,
    output wire signed [16:0]          teacher_weight,
    output wire [12:0]                 current_decay,
    output wire [12:0]                 membrane_decay,
    output wire signed [23:0]          membrane_threshold,
    output wire signed [23:0]          membrane_floor,
    output wire [24:0]                 drift_period,
    output wire [7:0]                  refractory_ticks
);
    localparam COUNT = 24;

    // width, sign and value after a reset of each register, in order
    function integer width(input integer k);
        case (k)
            6, 7, 8: width = STEP_BITS;
            9: width = X_BITS;
            10: width = Y_BITS;
            11, 12: width = S_BITS + 2;
            13, 14: width = H_BITS;
            15, 16, 17: width = 17;
            20, 21: width = 24;
            22: width = 25;
            23: width = 8;
            default: width = 13;  // factors, in 1/4096
        endcase
    endfunction

    function is_signed(input integer k);
        is_signed = k == 7 || k == 8 || k == 11 || k == 12 || (k >= 15 && k <= 17) || k == 20 || k == 21;
    endfunction

    function is_factor(input integer k);
        is_factor = k <= 5 || k == 18 || k == 19;
    endfunction

    function integer initially(input integer k);
        case (k)
            0: initially = `BICALL_X_DECAY;
            1: initially = `BICALL_X_BUMP;
            2: initially = `BICALL_Y_DECAY;
            3: initially = `BICALL_Y_BUMP;
            4: initially = `BICALL_S_DECAY;
            5: initially = `BICALL_S_BUMP;
            6: initially = `BICALL_POTENTIATION;
            7: initially = `BICALL_DEPRESSION_PRE;
            8: initially = `BICALL_DEPRESSION_POST;
            9: initially = `BICALL_PRE_THRESHOLD;
            10: initially = `BICALL_POST_THRESHOLD;
            11: initially = `BICALL_GATE_LOW;
            12: initially = `BICALL_GATE_HIGH;
            13: initially = `BICALL_DRIFT_UP;
            14: initially = `BICALL_DRIFT_DOWN;
            15: initially = `BICALL_WEIGHT_LOW;
            16: initially = `BICALL_WEIGHT_HIGH;
            17: initially = `BICALL_TEACHER_WEIGHT;
            18: initially = `BICALL_CURRENT_DECAY;
            19: initially = `BICALL_MEMBRANE_DECAY;
            20: initially = `BICALL_MEMBRANE_THRESHOLD;
            21: initially = `BICALL_MEMBRANE_FLOOR;
            22: initially = `BICALL_DRIFT_PERIOD;
            default: initially = `BICALL_REFRACTORY_TICKS;
        endcase
    endfunction

    wire [32*COUNT-1:0] values;
    wire [COUNT-1:0]    fits;
    genvar k;
    generate
        for (k = 0; k < COUNT; k = k + 1) begin : register
            localparam W = width(k);
            localparam [31:0] START = initially(k);
            reg [W-1:0] value;
            wire [31:0] extended = {{(32-W){is_signed(k) && value[W-1]}}, value};
            wire [31:0] written = {{(32-W){is_signed(k) && write_data[W-1]}}, write_data[W-1:0]};
            assign values[32*k +: 32] = extended;
            // a factor is at most 1; a period at least 1
            assign fits[k] = written == write_data && !(is_factor(k) && write_data > 32'd4096)
                             && !(k == 22 && write_data == 0);
            always @(posedge clk)
                if (rst) value <= START[W-1:0];
                else if (write && index == k && fits[k]) value <= write_data[W-1:0];
        end
    endgenerate

    wire exists = index < COUNT;
    assign read_data = exists ? values[32*index +: 32] : 32'd0;
    assign error = !exists || (write && !fits[index]);

    assign x_decay = values[32*0 +: 13];
    assign x_bump = values[32*1 +: 13];
    assign y_decay = values[32*2 +: 13];
    assign y_bump = values[32*3 +: 13];
    assign s_decay = values[32*4 +: 13];
    assign s_bump = values[32*5 +: 13];
    assign potentiation = values[32*6 +: STEP_BITS];
    assign depression_pre = values[32*7 +: STEP_BITS];
    assign depression_post = values[32*8 +: STEP_BITS];
    assign pre_threshold = values[32*9 +: X_BITS];
    assign post_threshold = values[32*10 +: Y_BITS];
    assign gate_low = values[32*11 +: S_BITS+2];
    assign gate_high = values[32*12 +: S_BITS+2];
    assign drift_up = values[32*13 +: H_BITS];
    assign drift_down = values[32*14 +: H_BITS];
    assign weight_low = values[32*15 +: 17];
    assign weight_high = values[32*16 +: 17];
    assign teacher_weight = values[32*17 +: 17];
    assign current_decay = values[32*18 +: 13];
    assign membrane_decay = values[32*19 +: 13];
    assign membrane_threshold = values[32*20 +: 24];
    assign membrane_floor = values[32*21 +: 24];
    assign drift_period = values[32*22 +: 25];
    assign refractory_ticks = values[32*23 +: 8];
endmodule
