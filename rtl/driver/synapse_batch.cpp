// SPDX-License-Identifier: Apache-2.0
// Applies a list of items of work to a memory of hidden weights with the Verilated bicall_synapse, in one call.

#include <cstdint>

#include "Vcircuit.h"

namespace {
// Verilator wants the bits above a port's width to be 0
constexpr uint32_t mask(int bits) { return (1u << bits) - 1; }
constexpr uint32_t H_MASK = mask(H_BITS);
constexpr uint32_t STEP_MASK = mask(H_BITS + STEP_FRACTION_BITS + 1);
}  // namespace

// Item k goes to the hidden weight at h[address[k]], which it changes; the items are applied in order. All other arrays
// have `items` entries: the inputs of the module of the same names, and its outputs h_next and w.
extern "C" void apply_items(int64_t items, int32_t* h, const int64_t* address, const int32_t* drift_up,
                            const int32_t* drift_down, const int32_t* learn, const int32_t* step,
                            const int32_t* row_word, const int32_t* column_turn, int32_t* h_next, int32_t* w) {
    static VerilatedContext context;
    static Vcircuit circuit{&context};
    for (int64_t k = 0; k < items; ++k) {
        circuit.h = h[address[k]] & H_MASK;
        circuit.drift_up = drift_up[k] & H_MASK;
        circuit.drift_down = drift_down[k] & H_MASK;
        circuit.learn = learn[k] & 1;
        circuit.step = step[k] & STEP_MASK;
        circuit.row_word = row_word[k] & 0xFFFF;
        circuit.column_turn = column_turn[k] & 0xFFFF;
        circuit.eval();
        h[address[k]] = h_next[k] = circuit.h_next;
        w[k] = circuit.w;
    }
}
