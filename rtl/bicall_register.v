// SPDX-License-Identifier: Apache-2.0
// bicall_register: one value that a host can change. `fits` says whether what it writes is within the limits;
// only then may `write` be up.
//
// Latency:    a write acts in the next cycle; reads are combinational. Throughput: one access a cycle.
// Parameters: BITS             width of the value, in bits, at most 31
//             LOWEST, HIGHEST  a value outside does not fit, and is not written; below 0: the register has a sign
//             INITIAL          value after a reset

`default_nettype none
module bicall_register #(
    parameter BITS = 13,
    parameter integer LOWEST = 0,
    parameter integer HIGHEST = (1 << BITS) - 1,
    parameter integer INITIAL = 0
) (
    input  wire            clk,
    input  wire            rst,
    input  wire            write,
    input  wire [31:0]     write_data,
    output wire            fits,
    output wire [31:0]     read_data,
    output reg  [BITS-1:0] value
);
    assign fits = $signed(write_data) >= LOWEST && $signed(write_data) <= HIGHEST;
    assign read_data = {{(32-BITS){LOWEST < 0 && value[BITS-1]}}, value};

    always @(posedge clk)
        if (rst) value <= INITIAL[BITS-1:0];
        else if (write) value <= write_data[BITS-1:0];
endmodule
`default_nettype wire
