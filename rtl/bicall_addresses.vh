// SPDX-License-Identifier: Apache-2.0
// Made by `bicall generate` from rtl/driver/registers.py: do not edit.
`ifndef BICALL_ADDRESSES_VH
`define BICALL_ADDRESSES_VH

`define BICALL_REGION_REGISTERS  2'd0 // a word a register
`define BICALL_REGION_NEURONS    2'd1 // 4 words a neuron
`define BICALL_NEURON_TRACES     2'd0 // y in bits 15:0, s in bits 31:16
`define BICALL_NEURON_CURRENT    2'd1 // signed
`define BICALL_NEURON_MEMBRANE   2'd2 // signed
`define BICALL_NEURON_REFRACTORY 2'd3 // ticks that are left
`define BICALL_REGION_ROWS       2'd2 // 4 words a row; only x can be written
`define BICALL_ROW_X             2'd0 // after the row's last access
`define BICALL_ROW_TICK          2'd1 // of the last access
`define BICALL_ROW_DRIFTS        2'd2 // drift ticks until the last access
`define BICALL_ROW_ENTRIES       2'd3 // entries of the archive seen
`define BICALL_REGION_H          2'd3 // a word a synapse: row, group, lane side by side; above h in a sparse core: whether it exists

`endif
