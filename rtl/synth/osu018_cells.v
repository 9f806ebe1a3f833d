// SPDX-License-Identifier: Apache-2.0
// What the cells of osu018 do, written down apart from their library: netlists are simulated with these, so that the
// library's own functions, which the synthesis believes, are checked too. No times.
`default_nettype none
module AND2X1(input wire A, B, output wire Y); assign Y = A & B; endmodule
module AND2X2(input wire A, B, output wire Y); assign Y = A & B; endmodule
module OR2X1(input wire A, B, output wire Y); assign Y = A | B; endmodule
module OR2X2(input wire A, B, output wire Y); assign Y = A | B; endmodule
module NAND2X1(input wire A, B, output wire Y); assign Y = ~(A & B); endmodule
module NAND3X1(input wire A, B, C, output wire Y); assign Y = ~(A & B & C); endmodule
module NOR2X1(input wire A, B, output wire Y); assign Y = ~(A | B); endmodule
module NOR3X1(input wire A, B, C, output wire Y); assign Y = ~(A | B | C); endmodule
module XOR2X1(input wire A, B, output wire Y); assign Y = A ^ B; endmodule
module XNOR2X1(input wire A, B, output wire Y); assign Y = ~(A ^ B); endmodule
module AOI21X1(input wire A, B, C, output wire Y); assign Y = ~((A & B) | C); endmodule
module AOI22X1(input wire A, B, C, D, output wire Y); assign Y = ~((A & B) | (C & D)); endmodule
module OAI21X1(input wire A, B, C, output wire Y); assign Y = ~((A | B) & C); endmodule
module OAI22X1(input wire A, B, C, D, output wire Y); assign Y = ~((A | B) & (C | D)); endmodule
module MUX2X1(input wire A, B, S, output wire Y); assign Y = ~(S ? A : B); endmodule  // inverts
module HAX1(input wire A, B, output wire YC, YS); assign {YC, YS} = {1'b0, A} + {1'b0, B}; endmodule
module FAX1(input wire A, B, C, output wire YC, YS); assign {YC, YS} = {1'b0, A} + {1'b0, B} + {1'b0, C}; endmodule
module INVX1(input wire A, output wire Y); assign Y = ~A; endmodule
module INVX2(input wire A, output wire Y); assign Y = ~A; endmodule
module INVX4(input wire A, output wire Y); assign Y = ~A; endmodule
module INVX8(input wire A, output wire Y); assign Y = ~A; endmodule
module BUFX2(input wire A, output wire Y); assign Y = A; endmodule
module BUFX4(input wire A, output wire Y); assign Y = A; endmodule
module DFFPOSX1(input wire CLK, D, output reg Q); always @(posedge CLK) Q <= D; endmodule
module DFFNEGX1(input wire CLK, D, output reg Q); always @(negedge CLK) Q <= D; endmodule
`default_nettype wire
