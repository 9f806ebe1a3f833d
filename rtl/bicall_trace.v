// SPDX-License-Identifier: Apache-2.0
// bicall_trace: one calcium trace's two operations, by one multiplier.
//
//   decays:  next = (trace * decay + noise) >> 12
//   bumps:   next = trace + ((bump * (full scale - trace)) >> 12)
//
// The noise is 0 (truncate), half (nearest) or the top 12 of the random word's low 16 bits (stochastic). The bump comes
// closer to full scale and never passes it. A trace of 0 stays 0 under every rounding.
//
// Latency:    0, combinational. Throughput: one of the two a cycle.
// Parameters: BITS      width of the trace, in bits, 2 to 16
//             ROUNDING  of the decay: 0 truncate, 1 nearest, 2 stochastic

`include "bicall_constants.vh"

`default_nettype none
module bicall_trace #(
    parameter BITS = `BICALL_X_BITS,
    parameter ROUNDING = `BICALL_X_ROUNDING
) (
    input  wire [BITS-1:0] trace,
    input  wire [12:0]     decay,  // factor a tick, in 1/4096, at most 4096
    input  wire [12:0]     bump,   // part of the way to full scale, in 1/4096, at most 4096
    input  wire [15:0]     random,
    input  wire            bumps,  // else it decays
    output wire [BITS-1:0] next
);
    generate
        if (BITS < 2 || BITS > 16) begin : refused_bits
            X_BITS_Y_BITS_S_BITS_must_be_from_2_to_16 refused ();
        end
        if (ROUNDING < 0 || ROUNDING > 2) begin : refused_rounding
            ROUNDING_of_a_trace_must_be_0_truncate_1_nearest_or_2_stochastic refused ();
        end
    endgenerate

    wire [11:0] noise = (ROUNDING == 2) ? random[15:4] : (ROUNDING == 1) ? 12'h800 : 12'h000;
    wire [BITS-1:0] scaled = bumps ? ~trace : trace;  // full scale is all ones
    wire [12:0] factor = bumps ? bump : decay;
    wire [BITS+12:0] product = scaled * factor + {{(BITS+1){1'b0}}, bumps ? 12'h000 : noise};
    wire [BITS-1:0] part = product[BITS+11:12];
    assign next = bumps ? trace + part : part;

    // the bits that rounding drops, and the top one, which factors of at most 1 leave 0
    wire _unused = &{1'b0, product, random};
endmodule
`default_nettype wire
