// bicall_registers: the constants of the rule and of the neuron, which a host can change at run time.
//
// Register k holds the k-th constant of emulator.constants.Constants that is not a full scale, a width or a rounding.
// After a reset they hold the values of bicall_constants.vh. A value beyond its limits is refused: `error` is up and
// nothing changes. Limits are what fits the width; besides, a factor is at most 1 (4096), a depression at most 0, a
// potentiation at most what a whole trace x turns into a step that fits, a drift period at least 1.
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
    localparam integer LARGEST_STEP = (1 << (STEP_BITS - 1)) - 1;
    localparam integer LARGEST_GATE = (1 << (S_BITS + 1)) - 1;
    localparam [63:0] BEYOND_STEPS = 64'd1 << (STEP_BITS - 1 + X_BITS);
    localparam [63:0] LARGEST_FACTOR = (BEYOND_STEPS - 64'd1) / ((64'd1 << X_BITS) - 64'd1);
    localparam [31:0] LARGEST_POTENTIATION = LARGEST_FACTOR[31:0];

    wire [COUNT-1:0]    writes = {{(COUNT-1){1'b0}}, write} << index;
    wire [COUNT-1:0]    fits;
    wire [32*COUNT-1:0] values;

    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_X_DECAY)) x_decay_register (
        .clk(clk), .rst(rst), .write(writes[0]), .write_data(write_data),
        .fits(fits[0]), .read_data(values[32*0 +: 32]), .value(x_decay)
    );
    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_X_BUMP)) x_bump_register (
        .clk(clk), .rst(rst), .write(writes[1]), .write_data(write_data),
        .fits(fits[1]), .read_data(values[32*1 +: 32]), .value(x_bump)
    );
    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_Y_DECAY)) y_decay_register (
        .clk(clk), .rst(rst), .write(writes[2]), .write_data(write_data),
        .fits(fits[2]), .read_data(values[32*2 +: 32]), .value(y_decay)
    );
    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_Y_BUMP)) y_bump_register (
        .clk(clk), .rst(rst), .write(writes[3]), .write_data(write_data),
        .fits(fits[3]), .read_data(values[32*3 +: 32]), .value(y_bump)
    );
    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_S_DECAY)) s_decay_register (
        .clk(clk), .rst(rst), .write(writes[4]), .write_data(write_data),
        .fits(fits[4]), .read_data(values[32*4 +: 32]), .value(s_decay)
    );
    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_S_BUMP)) s_bump_register (
        .clk(clk), .rst(rst), .write(writes[5]), .write_data(write_data),
        .fits(fits[5]), .read_data(values[32*5 +: 32]), .value(s_bump)
    );
    bicall_register #(.BITS(STEP_BITS), .HIGHEST(LARGEST_POTENTIATION), .INITIAL(`BICALL_POTENTIATION)) potentiation_register (
        .clk(clk), .rst(rst), .write(writes[6]), .write_data(write_data),
        .fits(fits[6]), .read_data(values[32*6 +: 32]), .value(potentiation)
    );
    bicall_register #(.BITS(STEP_BITS), .LOWEST(-LARGEST_STEP - 1), .HIGHEST(0), .INITIAL(`BICALL_DEPRESSION_PRE)) depression_pre_register (
        .clk(clk), .rst(rst), .write(writes[7]), .write_data(write_data),
        .fits(fits[7]), .read_data(values[32*7 +: 32]), .value(depression_pre)
    );
    bicall_register #(.BITS(STEP_BITS), .LOWEST(-LARGEST_STEP - 1), .HIGHEST(0), .INITIAL(`BICALL_DEPRESSION_POST)) depression_post_register (
        .clk(clk), .rst(rst), .write(writes[8]), .write_data(write_data),
        .fits(fits[8]), .read_data(values[32*8 +: 32]), .value(depression_post)
    );
    bicall_register #(.BITS(X_BITS), .INITIAL(`BICALL_PRE_THRESHOLD)) pre_threshold_register (
        .clk(clk), .rst(rst), .write(writes[9]), .write_data(write_data),
        .fits(fits[9]), .read_data(values[32*9 +: 32]), .value(pre_threshold)
    );
    bicall_register #(.BITS(Y_BITS), .INITIAL(`BICALL_POST_THRESHOLD)) post_threshold_register (
        .clk(clk), .rst(rst), .write(writes[10]), .write_data(write_data),
        .fits(fits[10]), .read_data(values[32*10 +: 32]), .value(post_threshold)
    );
    bicall_register #(.BITS(S_BITS + 2), .LOWEST(-LARGEST_GATE - 1), .HIGHEST(LARGEST_GATE), .INITIAL(`BICALL_GATE_LOW)) gate_low_register (
        .clk(clk), .rst(rst), .write(writes[11]), .write_data(write_data),
        .fits(fits[11]), .read_data(values[32*11 +: 32]), .value(gate_low)
    );
    bicall_register #(.BITS(S_BITS + 2), .LOWEST(-LARGEST_GATE - 1), .HIGHEST(LARGEST_GATE), .INITIAL(`BICALL_GATE_HIGH)) gate_high_register (
        .clk(clk), .rst(rst), .write(writes[12]), .write_data(write_data),
        .fits(fits[12]), .read_data(values[32*12 +: 32]), .value(gate_high)
    );
    bicall_register #(.BITS(H_BITS), .INITIAL(`BICALL_DRIFT_UP)) drift_up_register (
        .clk(clk), .rst(rst), .write(writes[13]), .write_data(write_data),
        .fits(fits[13]), .read_data(values[32*13 +: 32]), .value(drift_up)
    );
    bicall_register #(.BITS(H_BITS), .INITIAL(`BICALL_DRIFT_DOWN)) drift_down_register (
        .clk(clk), .rst(rst), .write(writes[14]), .write_data(write_data),
        .fits(fits[14]), .read_data(values[32*14 +: 32]), .value(drift_down)
    );
    bicall_register #(.BITS(17), .LOWEST(-65536), .HIGHEST(65535), .INITIAL(`BICALL_WEIGHT_LOW)) weight_low_register (
        .clk(clk), .rst(rst), .write(writes[15]), .write_data(write_data),
        .fits(fits[15]), .read_data(values[32*15 +: 32]), .value(weight_low)
    );
    bicall_register #(.BITS(17), .LOWEST(-65536), .HIGHEST(65535), .INITIAL(`BICALL_WEIGHT_HIGH)) weight_high_register (
        .clk(clk), .rst(rst), .write(writes[16]), .write_data(write_data),
        .fits(fits[16]), .read_data(values[32*16 +: 32]), .value(weight_high)
    );
    bicall_register #(.BITS(17), .LOWEST(-65536), .HIGHEST(65535), .INITIAL(`BICALL_TEACHER_WEIGHT)) teacher_weight_register (
        .clk(clk), .rst(rst), .write(writes[17]), .write_data(write_data),
        .fits(fits[17]), .read_data(values[32*17 +: 32]), .value(teacher_weight)
    );
    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_CURRENT_DECAY)) current_decay_register (
        .clk(clk), .rst(rst), .write(writes[18]), .write_data(write_data),
        .fits(fits[18]), .read_data(values[32*18 +: 32]), .value(current_decay)
    );
    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_MEMBRANE_DECAY)) membrane_decay_register (
        .clk(clk), .rst(rst), .write(writes[19]), .write_data(write_data),
        .fits(fits[19]), .read_data(values[32*19 +: 32]), .value(membrane_decay)
    );
    bicall_register #(.BITS(24), .LOWEST(-8388608), .HIGHEST(8388607), .INITIAL(`BICALL_MEMBRANE_THRESHOLD)) membrane_threshold_register (
        .clk(clk), .rst(rst), .write(writes[20]), .write_data(write_data),
        .fits(fits[20]), .read_data(values[32*20 +: 32]), .value(membrane_threshold)
    );
    bicall_register #(.BITS(24), .LOWEST(-8388608), .HIGHEST(8388607), .INITIAL(`BICALL_MEMBRANE_FLOOR)) membrane_floor_register (
        .clk(clk), .rst(rst), .write(writes[21]), .write_data(write_data),
        .fits(fits[21]), .read_data(values[32*21 +: 32]), .value(membrane_floor)
    );
    bicall_register #(.BITS(25), .LOWEST(1), .HIGHEST(33554431), .INITIAL(`BICALL_DRIFT_PERIOD)) drift_period_register (
        .clk(clk), .rst(rst), .write(writes[22]), .write_data(write_data),
        .fits(fits[22]), .read_data(values[32*22 +: 32]), .value(drift_period)
    );
    bicall_register #(.BITS(8), .INITIAL(`BICALL_REFRACTORY_TICKS)) refractory_ticks_register (
        .clk(clk), .rst(rst), .write(writes[23]), .write_data(write_data),
        .fits(fits[23]), .read_data(values[32*23 +: 32]), .value(refractory_ticks)
    );

    wire exists = index < COUNT;
    assign read_data = exists ? values[32*index +: 32] : 32'd0;
    assign error = !exists || (write && !fits[index]);
endmodule
