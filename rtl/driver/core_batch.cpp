// SPDX-License-Identifier: Apache-2.0
// Drives the Verilated bicall_core over its ports: AXI4-Lite accesses, and whole spike trains over the streams.

#include <cstdint>
#include <memory>
#include <vector>

#include "Vcircuit.h"
#include "Vcircuit___024root.h"
#if VM_COVERAGE
#include "verilated_cov.h"
#endif
#if VM_TRACE
#include "verilated_vcd_c.h"
#endif

// a signal of the core by its place, as Verilator names it
#define INSIDE(place) circuit.rootp->bicall_core__DOT__##place

namespace {
constexpr int64_t PATIENCE = 3'000'000;  // cycles without progress: the core hangs

uint64_t bits_at(uint64_t word, int low, int bits) { return (word >> low) & ((1ull << bits) - 1); }

template <std::size_t N>
uint64_t bits_at(const VlWide<N>& word, int low, int bits) {
    uint64_t value = 0;
    for (int i = 0; i < bits; ++i) value |= uint64_t((word[(low + i) / 32] >> ((low + i) % 32)) & 1) << i;
    return value;
}

// Never freed: a model's end looks at the context that was made last. One for all cores, which their coverage adds up in;
// but tracing a core traces all cores of its context, those that are gone too, so there each has its own.
VerilatedContext& context() {
#if VM_TRACE
    auto* made = new VerilatedContext;
    made->traceEverOn(true);
#else
    static auto* made = new VerilatedContext;
#endif
    return *made;
}

struct Core {
    Vcircuit circuit{&context()};
    int64_t cycles = 0;
    uint32_t noise = 1;               // state of the generator of pauses
    uint32_t idle = 0, busy = 0;      // of 256: how often the host does not send, and does not take
    std::vector<int32_t> accesses;    // of words of h: tick, row, group, sweep, then h of the lanes
    bool watch = false;

    uint32_t chance() {
        noise ^= noise << 13, noise ^= noise >> 17, noise ^= noise << 5;
        return noise >> 24;
    }

#if VM_TRACE
    std::unique_ptr<VerilatedVcdC> waves;  // while they are written
#endif

    // half a clock cycle passed, of 5 ns
    void show(int64_t half_cycle) {
#if VM_TRACE
        if (waves) waves->dump(uint64_t(half_cycle) * 5000);
#endif
    }

    bool takes() { return busy == 0 || chance() >= busy; }

    // the combinational outputs for the inputs as they are
    void settle() {
        circuit.clk = 0;
        circuit.eval();
        show(2 * cycles);
    }

    void rise() {
        if (watch && INSIDE(row_update__DOT__group_done)) {
            accesses.insert(accesses.end(), {int32_t(INSIDE(tick)), int32_t(INSIDE(rows__DOT__row)),
                                             int32_t(INSIDE(row_update__DOT__group)), int32_t(INSIDE(rows__DOT__sweeping))});
            for (int lane = 0; lane < LANES; ++lane)
                accesses.push_back(int32_t(bits_at(INSIDE(row_update__DOT__h_next), lane * H_BITS, H_BITS)));
        }
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

    int write(uint32_t address, uint32_t data, uint32_t strobes) {
        circuit.s_axil_awaddr = address | (chance() & 3), circuit.s_axil_awprot = chance() & 7;  // neither means anything
        circuit.s_axil_wdata = data, circuit.s_axil_wstrb = strobes;
        circuit.s_axil_awvalid = circuit.s_axil_wvalid = 1;
        int response = -1;
        for (int64_t wait = 0; response < 0 && wait < PATIENCE; ++wait) {
            circuit.s_axil_bready = takes();
            settle();
            const bool taken = circuit.s_axil_awready;
            if (circuit.s_axil_bvalid && circuit.s_axil_bready) response = circuit.s_axil_bresp;
            rise();
            if (taken) circuit.s_axil_awvalid = circuit.s_axil_wvalid = 0;
        }
        circuit.s_axil_bready = 0;
        return response;
    }

    int read(uint32_t address, uint32_t* data) {
        circuit.s_axil_araddr = address | (chance() & 3), circuit.s_axil_arprot = chance() & 7;
        circuit.s_axil_arvalid = 1;
        int response = -1;
        for (int64_t wait = 0; response < 0 && wait < PATIENCE; ++wait) {
            circuit.s_axil_rready = takes();
            settle();
            const bool taken = circuit.s_axil_arready;
            if (circuit.s_axil_rvalid && circuit.s_axil_rready) response = circuit.s_axil_rresp, *data = circuit.s_axil_rdata;
            rise();
            if (taken) circuit.s_axil_arvalid = 0;
        }
        circuit.s_axil_rready = 0;
        return response;
    }

    // Sends events until their end and takes spikes until `barriers` ends of tick have come. Spikes go to the cells
    // [tick, neuron] of `spikes`. Returns the ends of tick that came.
    int64_t stream(const uint32_t* events, int64_t count, int64_t barriers, uint8_t* spikes, int64_t neurons,
                   int64_t* cycle_of_barrier) {
        int64_t sent = 0, ended = 0;
        for (int64_t wait = 0; (sent < count || ended < barriers) && wait < PATIENCE; ++wait) {
            // what was offered stays until it is taken
            if (!circuit.s_axis_tvalid && sent < count && (idle == 0 || chance() >= idle)) {
                circuit.s_axis_tvalid = 1;
                circuit.s_axis_tdata = events[sent];
            }
            circuit.m_axis_tready = takes();
            settle();
            const bool taken = circuit.s_axis_tvalid && circuit.s_axis_tready;
            if (circuit.m_axis_tvalid && circuit.m_axis_tready) {
                wait = 0;
                const uint32_t data = circuit.m_axis_tdata;
                if (circuit.m_axis_tlast) cycle_of_barrier[ended++] = cycles;
                else if (ended < barriers && int64_t(data) < neurons) ++spikes[ended * neurons + data];
                else return -1;
            }
            rise();
            if (taken) circuit.s_axis_tvalid = 0, ++sent, wait = 0;
        }
        circuit.m_axis_tready = 0;
        return ended;
    }
};
}  // namespace

extern "C" {
Core* core_new() {
    auto core = std::make_unique<Core>();
    core->reset();
    return core.release();
}

void core_delete(Core* core) {
    core->circuit.final();
#if !VM_COVERAGE  // else its counts are still wanted
    delete core;
#endif
}

// Sends events, lets some cycles pass, then resets the core: what was on its way is gone.
void core_stop(Core* core, const uint32_t* events, int64_t count, int64_t cycles) {
    core->stream(events, count, 0, nullptr, 0, nullptr);
    for (int64_t i = 0; i < cycles; ++i) core->settle(), core->rise();
    core->reset();
}

// AXI4-Lite; returns the response (0 OKAY, 2 SLVERR), or -1 if none came.
int core_write(Core* core, uint32_t address, uint32_t data, uint32_t strobes) {
    return core->write(address, data, strobes);
}
int core_read(Core* core, uint32_t address, uint32_t* data) { return core->read(address, data); }

void core_pauses(Core* core, uint32_t seed, uint32_t idle, uint32_t busy) {
    core->noise = seed | 1, core->idle = idle, core->busy = busy;
}

int64_t core_stream(Core* core, const uint32_t* events, int64_t count, int64_t barriers, uint8_t* spikes, int64_t neurons,
                    int64_t* cycle_of_barrier) {
    return core->stream(events, count, barriers, spikes, neurons, cycle_of_barrier);
}

int64_t core_cycles(Core* core) { return core->cycles; }

#if VM_COVERAGE
// Writes what all cores of this process have covered so far.
void core_coverage(const char* path) { context().coveragep()->write(path); }
#endif

#if VM_TRACE
// Writes all signals to a VCD file from now on, until an empty path.
void core_waves(Core* core, const char* path) {
    if (core->waves) core->waves->close();
    core->waves = nullptr;
    if (!*path) return;
    core->waves = std::make_unique<VerilatedVcdC>();
    core->circuit.trace(core->waves.get(), 99);
    core->waves->open(path);
}
#endif

void core_watch(Core* core, int watch) { core->watch = watch; }

// Takes the accesses watched so far: copies up to `size` numbers, forgets all, and returns how many there were.
int64_t core_accesses(Core* core, int32_t* numbers, int64_t size) {
    const int64_t held = int64_t(core->accesses.size());
    if (size < held) return held;
    for (int64_t i = 0; i < held; ++i) numbers[i] = core->accesses[i];
    core->accesses.clear();
    return held;
}
}
