// bicall_ticks: the core's time.
//
// Counts ticks, and the drift ticks among those with learning: one each `drift_period` ticks. `live_from` is the first tick
// after the last reset between samples; a trace x that was last brought up to date before it is 0 by now. All counters
// wrap around; only differences of drift ticks count. The host writes them to go on where another core stopped. Writing
// the tick ends the sample, as far as `live_from` is concerned: rows whose x is not written afterwards start from 0.
//
// Latency:    1 cycle. Throughput: one operation a cycle.

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
    output reg  [31:0] live_from
);
    wire [25:0] next_phase = {1'b0, phase} + 26'd1;
    wire drift_tick = next_phase >= {1'b0, drift_period};

    always @(posedge clk) begin
        if (begins) begin
            tick <= tick + 32'd1;
            phase <= drift_tick ? 25'd0 : next_phase[24:0];
            if (drift_tick && learn) drifts <= drifts + 32'd1;
        end
        if (forget) live_from <= tick + 32'd1;
        if (write_tick) begin
            tick <= write_data;
            live_from <= write_data;
        end
        if (write_phase) phase <= write_data[24:0];
        if (write_drifts) drifts <= write_data;
        if (rst) begin
            tick <= 32'd0;
            phase <= 25'd0;
            drifts <= 32'd0;
            live_from <= 32'd0;
        end
    end
endmodule
