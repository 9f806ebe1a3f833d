// SPDX-License-Identifier: Apache-2.0
// Made by `bicall generate` from emulator/configurations/digits-256.toml: do not edit.
`ifndef BICALL_CONSTANTS_VH
`define BICALL_CONSTANTS_VH

`define BICALL_X_DECAY              3848       // factor on x each tick (0.939413)
`define BICALL_X_BUMP               1638       // part of the way to full scale per spike, x (0.4)
`define BICALL_X_FULL               4095       // full scale of x (1)
`define BICALL_Y_DECAY              4045       // factor on y each tick (0.987578)
`define BICALL_Y_BUMP               2048       // part of the way to full scale per spike, y (0.5)
`define BICALL_Y_FULL               4095       // full scale of y (1)
`define BICALL_S_DECAY              4091       // factor on s each tick (0.998751)
`define BICALL_S_BUMP               147        // part of the way to full scale per spike, s (0.036)
`define BICALL_S_FULL               4095       // full scale of s (1)
`define BICALL_POTENTIATION         803        // c_p, times x at a postsynaptic spike (0.0123)
`define BICALL_DEPRESSION_PRE       (-359)     // c_d1, at a presynaptic spike (-0.0055)
`define BICALL_DEPRESSION_POST      (-7)       // c_d2, at a postsynaptic spike (-0.0001)
`define BICALL_PRE_THRESHOLD        164        // theta_i, on x (0.04)
`define BICALL_POST_THRESHOLD       1245       // theta_j, on y (0.304)
`define BICALL_GATE_LOW             491        // theta_l, on s (0.12)
`define BICALL_GATE_HIGH            1450       // theta_h, on s (0.354)
`define BICALL_DRIFT_UP             1          // step towards 1 each drift period (0.00391776)
`define BICALL_DRIFT_DOWN           1          // step towards 0 each drift period (0.00391776)
`define BICALL_H_FULL               255        // full scale of h (1)
`define BICALL_H_THRESHOLD          127        // theta_w: w is high above it (0.5)
`define BICALL_WEIGHT_LOW           (-52)      // transmitted at or below theta_w (-0.0256 threshold)
`define BICALL_WEIGHT_HIGH          40         // transmitted above theta_w (0.0194 threshold)
`define BICALL_TEACHER_WEIGHT       3564       // input from a teacher's spike (1.74 threshold)
`define BICALL_CURRENT_DECAY        0          // factor on the input current each tick (0)
`define BICALL_MEMBRANE_DECAY       3914       // factor on the membrane each tick (0.955563)
`define BICALL_MEMBRANE_THRESHOLD   131072     // the membrane fires above it (1 threshold)
`define BICALL_MEMBRANE_FLOOR       (-19661)   // lowest membrane (-0.15 threshold)
`define BICALL_DRIFT_PERIOD         14784      // ticks from one drift step to the next (14784 tick)
`define BICALL_REFRACTORY_TICKS     2          // ticks without integration after a spike (2 tick)
`define BICALL_X_BITS               12         // width of x (12 bit)
`define BICALL_Y_BITS               12         // width of y (12 bit)
`define BICALL_S_BITS               12         // width of s (12 bit)
`define BICALL_H_BITS               8          // width of h (8 bit)
`define BICALL_STEP_FRACTION_BITS   8          // binary places of a step below h (8 bit)
`define BICALL_X_ROUNDING           0          // rounding of x: 0 truncate, 1 nearest, 2 stochastic (0)
`define BICALL_Y_ROUNDING           0          // rounding of y: 0 truncate, 1 nearest, 2 stochastic (0)
`define BICALL_S_ROUNDING           0          // rounding of s: 0 truncate, 1 nearest, 2 stochastic (0)
`define BICALL_H_ROUNDING           2          // rounding of h: 0 truncate, 1 nearest, 2 stochastic (2)
`define BICALL_DECAY_FRACTION_BITS  12         // binary places of decay and bump factors
`define BICALL_MEMBRANE_SHIFT       6          // shift of the summed weights onto the membrane
`define BICALL_RANDOM_ROUNDS        10         // rounds of the random source
`define BICALL_RANDOM_KEY_STEP      2654435769 // added to the round key each round, modulo 2^32
`define BICALL_COLUMN_STEP          40503      // rounding noise from one column to the next, modulo 2^16
`define BICALL_STREAM_ROUND_X       0          // random stream
`define BICALL_STREAM_ROUND_Y       1          // random stream
`define BICALL_STREAM_ROUND_S       2          // random stream
`define BICALL_STREAM_ROUND_PRE     3          // random stream
`define BICALL_STREAM_ROUND_POST    4          // random stream
`define BICALL_STREAM_INITIAL_H     5          // random stream
`define BICALL_STREAM_SAMPLE        6          // random stream
`define BICALL_STREAM_INPUT         7          // random stream
`define BICALL_STREAM_ORDER         8          // random stream
`define BICALL_STREAM_PROTOCOL      9          // random stream
`define BICALL_STREAM_FEATURE       10         // random stream
`define BICALL_STREAM_CONNECTIVITY  11         // random stream
`define BICALL_STREAM_LEVEL         12         // random stream

`endif
