// SPDX-License-Identifier: Apache-2.0
// Drives the Verilated chip at its host's port: flits in, flits out, both with pauses if wished.

#include <cstdint>
#include <memory>
#include <vector>

#include "Vcircuit.h"
#if VM_COVERAGE
#include "verilated_cov.h"
#endif
#if VM_TRACE
#include "verilated_vcd_c.h"
#endif

namespace {
constexpr int64_t PATIENCE = 3'000'000;  // cycles without progress: the chip hangs
constexpr uint32_t MARKER = 1u << 31;

// Never freed, as in core_batch.cpp.
VerilatedContext& context() {
#if VM_TRACE
    auto* made = new VerilatedContext;
    made->traceEverOn(true);
#else
    static auto* made = new VerilatedContext;
#endif
    return *made;
}

struct Chip {
    Vcircuit circuit{&context()};
    int64_t cycles = 0;
    uint32_t noise = 1;           // state of the generator of pauses
    uint32_t idle = 0, busy = 0;  // of 256: how often the host does not send, and does not take
    std::vector<uint32_t> came;   // since the last call of chip_exchange
    std::vector<int64_t> marked;  // the cycle of each marker among them
#if VM_TRACE
    std::unique_ptr<VerilatedVcdC> waves;  // while they are written
#endif

    uint32_t chance() {
        noise ^= noise << 13, noise ^= noise >> 17, noise ^= noise << 5;
        return noise >> 24;
    }

    // half a clock cycle passed, of 5 ns
    void show(int64_t half_cycle) {
#if VM_TRACE
        if (waves) waves->dump(uint64_t(half_cycle) * 5000);
#endif
    }

    void settle() {
        circuit.clk = 0;
        circuit.eval();
        show(2 * cycles);
    }

    void rise() {
        circuit.clk = 1;
        circuit.eval();
        show(2 * cycles + 1);
        ++cycles;
    }

    void reset() {
        circuit.rst = 1;
        for (int i = 0; i < 4; ++i) settle(), rise();
        circuit.rst = 0;
    }

    bool exchange(const uint32_t* flits, int64_t count, int64_t markers) {
        came.clear(), marked.clear();
        int64_t sent = 0;
        for (int64_t wait = 0; sent < count || int64_t(marked.size()) < markers; ++wait) {
            if (wait > PATIENCE) return false;
            // what was offered stays until it is taken
            if (!circuit.s_axis_tvalid && sent < count && (idle == 0 || chance() >= idle)) {
                circuit.s_axis_tvalid = 1;
                circuit.s_axis_tdata = flits[sent];
            }
            circuit.m_axis_tready = busy == 0 || chance() >= busy;
            settle();
            const bool taken = circuit.s_axis_tvalid && circuit.s_axis_tready;
            if (circuit.m_axis_tvalid && circuit.m_axis_tready) {
                came.push_back(circuit.m_axis_tdata);
                if (circuit.m_axis_tlast) marked.push_back(cycles), wait = 0;
            }
            rise();
            if (taken) circuit.s_axis_tvalid = 0, ++sent, wait = 0;
        }
        circuit.m_axis_tready = 0;
        return true;
    }
};
}  // namespace

extern "C" {
Chip* chip_new() {
    auto chip = std::make_unique<Chip>();
    chip->reset();
    return chip.release();
}

void chip_delete(Chip* chip) {
    chip->circuit.final();
#if !VM_COVERAGE  // else its counts are still wanted
    delete chip;
#endif
}

void chip_pauses(Chip* chip, uint32_t seed, uint32_t idle, uint32_t busy) {
    chip->noise = seed | 1, chip->idle = idle, chip->busy = busy;
}

// Sends flits, and takes flits until so many markers have come. Returns how many flits came, or -1 if the chip hangs.
int64_t chip_exchange(Chip* chip, const uint32_t* flits, int64_t count, int64_t markers) {
    return chip->exchange(flits, count, markers) ? int64_t(chip->came.size()) : -1;
}

// What came in the last exchange, and the cycle in which each marker did.
void chip_came(Chip* chip, uint32_t* flits, int64_t* cycles) {
    for (std::size_t i = 0; i < chip->came.size(); ++i) flits[i] = chip->came[i];
    for (std::size_t i = 0; i < chip->marked.size(); ++i) cycles[i] = chip->marked[i];
}

int64_t chip_cycles(Chip* chip) { return chip->cycles; }

#if VM_COVERAGE
// Writes what all chips of this process have covered so far.
void chip_coverage(const char* path) { context().coveragep()->write(path); }
#endif

#if VM_TRACE
// Writes all signals to a VCD file from now on, until an empty path.
void chip_waves(Chip* chip, const char* path) {
    if (chip->waves) chip->waves->close();
    chip->waves = nullptr;
    if (!*path) return;
    chip->waves = std::make_unique<VerilatedVcdC>();
    chip->circuit.trace(chip->waves.get(), 99);
    chip->waves->open(path);
}
#endif
}
