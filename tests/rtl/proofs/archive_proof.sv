// bicall_archive: an entry stays as it was appended, with the lanes of each of its groups, until all leave at once.
module archive_proof #(parameter DEPTH = 4, parameter GROUPS = 2, parameter LANES = 2) (
    input wire clk, input wire rst, clear, append, fired_write, mark, entry_read, fired_read, input wire [71:0] append_entry,
    input wire [0:0] fired_write_group, fired_group, input wire [LANES-1:0] fired_write_lanes,
    input wire [$clog2(DEPTH)-1:0] entry_address, fired_entry
);
    wire [$clog2(DEPTH):0] entries;
    wire [71:0] entry;
    wire [LANES-1:0] fired_lanes;
    bicall_archive #(.DEPTH(DEPTH), .GROUPS(GROUPS), .LANES(LANES)) circuit (.*);

    reg started = 0, marked = 0;
    reg [2:0] place;                // of the entry that is followed
    reg [71:0] appended;
    reg [LANES-1:0] gathering [0:1], gathered [0:1];
    reg [1:0] was_written = 0;      // groups of the entry to come
    reg reads = 0, reads_lanes = 0;
    reg [LANES-1:0] expected_lanes;
    reg [2:0] entries_before = 0;
    reg quiet = 0;
    always @(posedge clk) begin
        started <= 1;
        if (fired_write) begin
            gathering[fired_write_group] <= fired_write_lanes;
            was_written[fired_write_group] <= 1;
        end
        if (append || clear || rst) was_written <= 0;
        if (append && mark && !marked) begin
            marked <= 1;
            place <= entries;
            appended <= append_entry;
            gathered[0] <= gathering[0];
            gathered[1] <= gathering[1];
        end
        if (clear || rst) marked <= 0;
        // reads of the entry come in the next cycle
        if (entry_read) reads <= marked && entry_address == place;
        if (fired_read) reads_lanes <= marked && fired_entry == place;
        if (fired_read) expected_lanes <= gathered[fired_group];
        if (clear || rst) {reads, reads_lanes} <= 0;
        entries_before <= entries;
        quiet <= started && !append && !clear && !rst;
    end
    always @* begin
        assume (started || rst);
        // the core's side: all groups are written before an entry counts, and a full archive is cleared, not written
        assume (!append || (&was_written && !fired_write));
        assume (entries != DEPTH || (!append && !fired_write));
        assume (!(append && clear));
        if (started) begin
            assert (entries <= DEPTH);
            if (quiet) assert (entries == entries_before);
            if (reads && marked) assert (entry == appended);
            if (reads_lanes && marked) assert (fired_lanes == expected_lanes);
            if (marked) assert (place < entries);
        end
    end
endmodule
