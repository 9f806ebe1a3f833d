// SPDX-License-Identifier: Apache-2.0
// bicall_ticks: the core's time.
//
// Counts ticks, and the drift ticks among those with learning: one each `drift_period` ticks. `sample` counts resets
// between samples: a trace x that was last brought up to date in another sample is 0 by now. All counters wrap around; only
// differences of ticks and of drift ticks count, and whether two samples are the same: `last_sample` says that the next
// reset makes numbers come again, so that no row may keep its own. The host writes ticks to go on where another core
// stopped; `renumbered` says that rows are to take over the new numbers.
//
// Latency:    1 cycle. Throughput: one operation a cycle.

`default_nettype none
module bicall_ticks (
    input  wire        clk,
    input  wire        rst,
    input  wire        begins,        // the next tick begins
    input  wire        learn,         // it is one with learning
    input  wire        forget,        // a reset between samples
    input  wire [24:0] drift_period,  // ticks, at least 1
    input  wire        write_tick,
    input  wire        write_phase,
    input  wire        write_drifts,
    input  wire [31:0] write_data,
    output reg  [31:0] tick,
    output reg  [24:0] phase,         // ticks since the last drift tick
    output reg  [31:0] drifts,        // drift ticks so far
    output reg  [7:0]  sample,
    output wire        last_sample,
    output wire        renumbered
);
    assign last_sample = &sample;
    assign renumbered = write_tick || write_drifts;
    wire [25:0] next_phase = {1'b0, phase} + 26'd1;
    wire drift_tick = next_phase >= {1'b0, drift_period};

    always @(posedge clk) begin
        if (begins) begin
            tick <= tick + 32'd1;
            phase <= drift_tick ? 25'd0 : next_phase[24:0];
            if (drift_tick && learn) drifts <= drifts + 32'd1;
        end
        if (forget) sample <= sample + 8'd1;
        if (write_tick) tick <= write_data;
        if (write_phase) phase <= write_data[24:0];
        if (write_drifts) drifts <= write_data;
        if (rst) begin
            tick <= 32'd0;
            phase <= 25'd0;
            drifts <= 32'd0;
            sample <= 8'd0;
        end
    end
endmodule
`default_nettype wire
