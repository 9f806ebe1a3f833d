// SPDX-License-Identifier: Apache-2.0
// Made by `bicall generate` from rtl/driver/registers.py: do not edit.
//
// bicall_registers: the core's own registers, and the constants of the rule and of the neuron (docs/registers.md).
//
// `error` is up for a register that is not there, and for a write that does not fit, that comes at another time than
// the table says, or that goes to a register which can only be read; such a write changes nothing. After a reset the
// constants hold the values of bicall_constants.vh.
//
// Latency:    a write acts in the next cycle; reads are combinational. Throughput: one access a cycle.
// Parameters: AXONS, NEURONS, LANES, SPARSE  size and kind of the core
//             widths in bits, as in bicall_constants.vh

`default_nettype none
`include "bicall_constants.vh"

module bicall_registers #(
    parameter AXONS = 256,
    parameter NEURONS = 256,
    parameter LANES = 16,
    parameter SPARSE = 0,
    parameter H_BITS = `BICALL_H_BITS,
    parameter STEP_FRACTION_BITS = `BICALL_STEP_FRACTION_BITS,
    parameter X_BITS = `BICALL_X_BITS,
    parameter Y_BITS = `BICALL_Y_BITS,
    parameter S_BITS = `BICALL_S_BITS,
    parameter STEP_BITS = H_BITS + STEP_FRACTION_BITS + 1
) (
    input  wire                            clk,
    input  wire                            rst,
    input  wire                            write,
    input  wire [5:0]                      index,
    input  wire [31:0]                     write_data,
    output reg  [31:0]                     read_data,
    output wire                            error,  // of the access at `index` with `write_data`
    input  wire                            in_tick,
    input  wire                            flushed,  // between ticks, all rows up to date

    output wire                            learn,
    output reg                             flush,
    input  wire [2:0]                      status,
    input  wire                            event_dropped,
    input  wire [31:0]                     tick,
    output wire                            write_tick,
    input  wire [24:0]                     phase,
    output wire                            write_phase,
    output reg [31:0]                      seed,
    output wire [27:0]                     row_base,
    output wire [27:0]                     column_base,
    output wire [15:0]                     column_turn,
    input  wire                            swept,
    input  wire                            word_read,
    input  wire                            word_written,
    input  wire [31:0]                     drifts,
    output wire                            write_drifts,
    output wire signed [16:0]              drive_weight,
    output wire [12:0]                     x_decay,
    output wire [12:0]                     x_bump,
    output wire [12:0]                     y_decay,
    output wire [12:0]                     y_bump,
    output wire [12:0]                     s_decay,
    output wire [12:0]                     s_bump,
    output wire [STEP_BITS - 1:0]          potentiation,
    output wire signed [STEP_BITS - 1:0]   depression_pre,
    output wire signed [STEP_BITS - 1:0]   depression_post,
    output wire [X_BITS - 1:0]             pre_threshold,
    output wire [Y_BITS - 1:0]             post_threshold,
    output wire signed [S_BITS + 2 - 1:0]  gate_low,
    output wire signed [S_BITS + 2 - 1:0]  gate_high,
    output wire [H_BITS - 1:0]             drift_up,
    output wire [H_BITS - 1:0]             drift_down,
    output wire signed [16:0]              weight_low,
    output wire signed [16:0]              weight_high,
    output wire signed [16:0]              teacher_weight,
    output wire [12:0]                     current_decay,
    output wire [12:0]                     membrane_decay,
    output wire signed [23:0]              membrane_threshold,
    output wire signed [23:0]              membrane_floor,
    output wire [24:0]                     drift_period,
    output wire [7:0]                      refractory_ticks
);
    localparam [63:0] HIGHEST_POTENTIATION = (64'd2 ** (STEP_BITS - 1 + X_BITS) - 64'd1) / (64'd2 ** X_BITS - 64'd1);
    wire [28:0] fits;
    wire [927:0] data;
    reg  [31:0] dropped;
    reg  [31:0] sweeps;
    reg  [31:0] words_read;
    reg  [31:0] words_written;

    reg  takes;   // a write, here and now, of this value
    reg  exists;
    wire accepted = write && takes;
    assign error = !exists || (write && !takes);
    always @* begin
        exists = 1'b1;
        takes = 1'b0;
        case (index)
            6'd0: begin read_data = 32'h00B1CA11; end
            6'd1: begin read_data = AXONS; end
            6'd2: begin read_data = NEURONS; end
            6'd3: begin read_data = data[0 +: 32]; takes = !in_tick && fits[0]; end
            6'd4: begin read_data = {31'd0, flush}; takes = write_data == 32'd1; end
            6'd5: begin read_data = {29'd0, status}; end
            6'd6: begin read_data = dropped; takes = 1'b1; end
            6'd7: begin read_data = tick; takes = flushed; end
            6'd8: begin read_data = {7'd0, phase}; takes = !in_tick && write_data[31:25] == 0; end
            6'd9: begin read_data = seed; takes = flushed; end
            6'd10: begin read_data = data[32 +: 32]; takes = flushed && fits[1]; end
            6'd11: begin read_data = data[64 +: 32]; takes = flushed && fits[2]; end
            6'd12: begin read_data = data[96 +: 32]; takes = flushed && fits[3]; end
            6'd13: begin read_data = sweeps; takes = 1'b1; end
            6'd14: begin read_data = words_read; takes = 1'b1; end
            6'd15: begin read_data = words_written; takes = 1'b1; end
            6'd16: begin read_data = LANES; end
            6'd17: begin read_data = drifts; takes = flushed; end
            6'd18: begin read_data = SPARSE; end
            6'd19: begin read_data = data[128 +: 32]; takes = !in_tick && fits[4]; end
            6'd32: begin read_data = data[160 +: 32]; takes = flushed && fits[5]; end
            6'd33: begin read_data = data[192 +: 32]; takes = flushed && fits[6]; end
            6'd34: begin read_data = data[224 +: 32]; takes = flushed && fits[7]; end
            6'd35: begin read_data = data[256 +: 32]; takes = flushed && fits[8]; end
            6'd36: begin read_data = data[288 +: 32]; takes = flushed && fits[9]; end
            6'd37: begin read_data = data[320 +: 32]; takes = flushed && fits[10]; end
            6'd38: begin read_data = data[352 +: 32]; takes = flushed && fits[11]; end
            6'd39: begin read_data = data[384 +: 32]; takes = flushed && fits[12]; end
            6'd40: begin read_data = data[416 +: 32]; takes = flushed && fits[13]; end
            6'd41: begin read_data = data[448 +: 32]; takes = flushed && fits[14]; end
            6'd42: begin read_data = data[480 +: 32]; takes = flushed && fits[15]; end
            6'd43: begin read_data = data[512 +: 32]; takes = flushed && fits[16]; end
            6'd44: begin read_data = data[544 +: 32]; takes = flushed && fits[17]; end
            6'd45: begin read_data = data[576 +: 32]; takes = flushed && fits[18]; end
            6'd46: begin read_data = data[608 +: 32]; takes = flushed && fits[19]; end
            6'd47: begin read_data = data[640 +: 32]; takes = flushed && fits[20]; end
            6'd48: begin read_data = data[672 +: 32]; takes = flushed && fits[21]; end
            6'd49: begin read_data = data[704 +: 32]; takes = flushed && fits[22]; end
            6'd50: begin read_data = data[736 +: 32]; takes = flushed && fits[23]; end
            6'd51: begin read_data = data[768 +: 32]; takes = flushed && fits[24]; end
            6'd52: begin read_data = data[800 +: 32]; takes = flushed && fits[25]; end
            6'd53: begin read_data = data[832 +: 32]; takes = flushed && fits[26]; end
            6'd54: begin read_data = data[864 +: 32]; takes = flushed && fits[27]; end
            6'd55: begin read_data = data[896 +: 32]; takes = flushed && fits[28]; end
            default: begin read_data = 32'd0; exists = 1'b0; end
        endcase
    end

    bicall_register #(.BITS(1), .INITIAL(1)) learn_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd3), .write_data(write_data),
        .fits(fits[0]), .read_data(data[0 +: 32]), .value(learn)
    );
    bicall_register #(.BITS(28), .INITIAL(0)) row_base_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd10), .write_data(write_data),
        .fits(fits[1]), .read_data(data[32 +: 32]), .value(row_base)
    );
    bicall_register #(.BITS(28), .INITIAL(0)) column_base_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd11), .write_data(write_data),
        .fits(fits[2]), .read_data(data[64 +: 32]), .value(column_base)
    );
    bicall_register #(.BITS(16), .INITIAL(0)) column_turn_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd12), .write_data(write_data),
        .fits(fits[3]), .read_data(data[96 +: 32]), .value(column_turn)
    );
    bicall_register #(.BITS(17), .LOWEST(-65536), .HIGHEST(65535), .INITIAL(0)) drive_weight_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd19), .write_data(write_data),
        .fits(fits[4]), .read_data(data[128 +: 32]), .value(drive_weight)
    );
    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_X_DECAY)) x_decay_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd32), .write_data(write_data),
        .fits(fits[5]), .read_data(data[160 +: 32]), .value(x_decay)
    );
    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_X_BUMP)) x_bump_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd33), .write_data(write_data),
        .fits(fits[6]), .read_data(data[192 +: 32]), .value(x_bump)
    );
    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_Y_DECAY)) y_decay_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd34), .write_data(write_data),
        .fits(fits[7]), .read_data(data[224 +: 32]), .value(y_decay)
    );
    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_Y_BUMP)) y_bump_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd35), .write_data(write_data),
        .fits(fits[8]), .read_data(data[256 +: 32]), .value(y_bump)
    );
    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_S_DECAY)) s_decay_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd36), .write_data(write_data),
        .fits(fits[9]), .read_data(data[288 +: 32]), .value(s_decay)
    );
    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_S_BUMP)) s_bump_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd37), .write_data(write_data),
        .fits(fits[10]), .read_data(data[320 +: 32]), .value(s_bump)
    );
    bicall_register #(.BITS(STEP_BITS), .HIGHEST(HIGHEST_POTENTIATION[31:0]), .INITIAL(`BICALL_POTENTIATION)) potentiation_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd38), .write_data(write_data),
        .fits(fits[11]), .read_data(data[352 +: 32]), .value(potentiation)
    );
    bicall_register #(.BITS(STEP_BITS), .LOWEST(-(2 ** (STEP_BITS - 1))), .HIGHEST(0), .INITIAL(`BICALL_DEPRESSION_PRE)) depression_pre_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd39), .write_data(write_data),
        .fits(fits[12]), .read_data(data[384 +: 32]), .value(depression_pre)
    );
    bicall_register #(.BITS(STEP_BITS), .LOWEST(-(2 ** (STEP_BITS - 1))), .HIGHEST(0), .INITIAL(`BICALL_DEPRESSION_POST)) depression_post_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd40), .write_data(write_data),
        .fits(fits[13]), .read_data(data[416 +: 32]), .value(depression_post)
    );
    bicall_register #(.BITS(X_BITS), .INITIAL(`BICALL_PRE_THRESHOLD)) pre_threshold_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd41), .write_data(write_data),
        .fits(fits[14]), .read_data(data[448 +: 32]), .value(pre_threshold)
    );
    bicall_register #(.BITS(Y_BITS), .INITIAL(`BICALL_POST_THRESHOLD)) post_threshold_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd42), .write_data(write_data),
        .fits(fits[15]), .read_data(data[480 +: 32]), .value(post_threshold)
    );
    bicall_register #(.BITS(S_BITS + 2), .LOWEST(-(2 ** (S_BITS + 1))), .HIGHEST(2 ** (S_BITS + 1) - 1), .INITIAL(`BICALL_GATE_LOW)) gate_low_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd43), .write_data(write_data),
        .fits(fits[16]), .read_data(data[512 +: 32]), .value(gate_low)
    );
    bicall_register #(.BITS(S_BITS + 2), .LOWEST(-(2 ** (S_BITS + 1))), .HIGHEST(2 ** (S_BITS + 1) - 1), .INITIAL(`BICALL_GATE_HIGH)) gate_high_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd44), .write_data(write_data),
        .fits(fits[17]), .read_data(data[544 +: 32]), .value(gate_high)
    );
    bicall_register #(.BITS(H_BITS), .INITIAL(`BICALL_DRIFT_UP)) drift_up_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd45), .write_data(write_data),
        .fits(fits[18]), .read_data(data[576 +: 32]), .value(drift_up)
    );
    bicall_register #(.BITS(H_BITS), .INITIAL(`BICALL_DRIFT_DOWN)) drift_down_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd46), .write_data(write_data),
        .fits(fits[19]), .read_data(data[608 +: 32]), .value(drift_down)
    );
    bicall_register #(.BITS(17), .LOWEST(-65536), .HIGHEST(65535), .INITIAL(`BICALL_WEIGHT_LOW)) weight_low_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd47), .write_data(write_data),
        .fits(fits[20]), .read_data(data[640 +: 32]), .value(weight_low)
    );
    bicall_register #(.BITS(17), .LOWEST(-65536), .HIGHEST(65535), .INITIAL(`BICALL_WEIGHT_HIGH)) weight_high_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd48), .write_data(write_data),
        .fits(fits[21]), .read_data(data[672 +: 32]), .value(weight_high)
    );
    bicall_register #(.BITS(17), .LOWEST(-65536), .HIGHEST(65535), .INITIAL(`BICALL_TEACHER_WEIGHT)) teacher_weight_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd49), .write_data(write_data),
        .fits(fits[22]), .read_data(data[704 +: 32]), .value(teacher_weight)
    );
    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_CURRENT_DECAY)) current_decay_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd50), .write_data(write_data),
        .fits(fits[23]), .read_data(data[736 +: 32]), .value(current_decay)
    );
    bicall_register #(.BITS(13), .HIGHEST(4096), .INITIAL(`BICALL_MEMBRANE_DECAY)) membrane_decay_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd51), .write_data(write_data),
        .fits(fits[24]), .read_data(data[768 +: 32]), .value(membrane_decay)
    );
    bicall_register #(.BITS(24), .LOWEST(-8388608), .HIGHEST(8388607), .INITIAL(`BICALL_MEMBRANE_THRESHOLD)) membrane_threshold_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd52), .write_data(write_data),
        .fits(fits[25]), .read_data(data[800 +: 32]), .value(membrane_threshold)
    );
    bicall_register #(.BITS(24), .LOWEST(-8388608), .HIGHEST(8388607), .INITIAL(`BICALL_MEMBRANE_FLOOR)) membrane_floor_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd53), .write_data(write_data),
        .fits(fits[26]), .read_data(data[832 +: 32]), .value(membrane_floor)
    );
    bicall_register #(.BITS(25), .LOWEST(1), .INITIAL(`BICALL_DRIFT_PERIOD)) drift_period_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd54), .write_data(write_data),
        .fits(fits[27]), .read_data(data[864 +: 32]), .value(drift_period)
    );
    bicall_register #(.BITS(8), .INITIAL(`BICALL_REFRACTORY_TICKS)) refractory_ticks_register (
        .clk(clk), .rst(rst), .write(accepted && index == 6'd55), .write_data(write_data),
        .fits(fits[28]), .read_data(data[896 +: 32]), .value(refractory_ticks)
    );

    assign write_tick = accepted && index == 6'd7;
    assign write_phase = accepted && index == 6'd8;
    assign write_drifts = accepted && index == 6'd17;

    always @(posedge clk) begin
        if (accepted && index == 6'd4) flush <= 1'b1;
        else if (swept) flush <= 1'b0;
        if (accepted && index == 6'd6) dropped <= write_data;
        else if (event_dropped) dropped <= dropped + 32'd1;
        if (accepted && index == 6'd9) seed <= write_data;
        if (accepted && index == 6'd13) sweeps <= write_data;
        else if (swept) sweeps <= sweeps + 32'd1;
        if (accepted && index == 6'd14) words_read <= write_data;
        else if (word_read) words_read <= words_read + 32'd1;
        if (accepted && index == 6'd15) words_written <= write_data;
        else if (word_written) words_written <= words_written + 32'd1;
        if (rst) begin
            flush <= 1'd0;
            dropped <= 32'd0;
            seed <= 32'd0;
            sweeps <= 32'd0;
            words_read <= 32'd0;
            words_written <= 32'd0;
        end
    end
endmodule
`default_nettype wire
