// bicall_router: one packet, from any side and at any time, is followed among any others: it leaves once, where x before y
// sends it, in its own round (after the last round's marker and before its own). Markers leave
// when all that may feed an output have come. What is offered stays.
module router_proof #(parameter PORTS = 53, parameter X = 0, parameter Y = 0, parameter PATIENCE = 9) (
    input wire clk, rst, mark, input wire [5:0] in_valid, out_ready, input wire [47:0] in_data
);
    localparam EAST = 0, WEST = 1, SOUTH = 2, NORTH = 3, CORE = 4, HOST = 5;
    // a flit: marker, x (2), y (2), kind (2), and a bit that only the packet that is followed has
    wire [5:0] in_ready, out_valid, dropped;
    wire [47:0] out_data;
    bicall_router #(
        .X(X), .Y(Y), .X_BITS(2), .Y_BITS(2), .PAYLOAD_BITS(3), .PORTS(PORTS), .QUEUE_LOG2(1)
    ) circuit (.*);

    (* anyconst *) reg [2:0] side;
    wire [7:0] flit = in_data >> (8 * side);
    wire [1:0] x = flit[6:5], y = flit[4:3], kind = flit[2:1];
    reg [2:0] to;  // 6: nowhere
    always @* begin
        if (x > X) to = EAST;
        else if (x < X) to = WEST;
        else if (y > Y) to = SOUTH;
        else if (y < Y) to = NORTH;
        else to = kind == 3 ? HOST : CORE;
        if (!PORTS[to] || (to == side && to != CORE)) to = 6;
        if ((side == SOUTH || side == NORTH) && to < 2) to = 6;
    end

    // rounds that each side has ended, and that each output has
    reg [3:0] ended [0:5], sent [0:5];
    reg started = 0, inside = 0, done = 0;
    reg [2:0] way;
    reg [3:0] its_round, waited;
    wire followed_in = in_valid[side] && in_ready[side] && mark && !inside && !done;
    wire [5:0] followed_out, marker_out;
    genvar g;
    generate
        for (g = 0; g < 6; g = g + 1) begin : output_side
            assign followed_out[g] = out_valid[g] && out_ready[g] && out_data[8*g+0] && !out_data[8*g+7];
            assign marker_out[g] = out_valid[g] && out_ready[g] && out_data[8*g+7];
        end
    endgenerate
    wire leaves = followed_out != 0 || (inside && way == 6 && dropped[side]);

    integer i, j, o;
    reg [5:0] offered;
    reg [47:0] offered_data;
    always @(posedge clk) begin
        started <= 1;
        offered <= out_valid & ~out_ready;
        offered_data <= out_data;
        for (i = 0; i < 6; i = i + 1) begin
            if (in_valid[i] && in_ready[i] && in_data[8*i+7]) ended[i] <= ended[i] + 1;
            if (marker_out[i]) sent[i] <= sent[i] + 1;
        end
        if (followed_in) begin
            inside <= 1;
            way <= to;
            its_round <= ended[side];
            waited <= 0;
        end else if (inside && leaves) begin
            inside <= 0;
            done <= 1;
        end
        // no marker of its side is before it, and all that is offered is taken
        if (inside) waited <= (way < 6 && sent[way] == its_round && &out_ready && all_sent(its_round)) ? waited + 1 : 0;
        if (rst) begin
            for (i = 0; i < 6; i = i + 1) begin
                ended[i] <= 0;
                sent[i] <= 0;
            end
            inside <= 0;
            done <= 0;
            offered <= 0;
        end
    end
    function all_sent(input [3:0] rounds);
        integer k;
        begin
            all_sent = 1;
            for (k = 0; k < 6; k = k + 1) if (PORTS[k] && sent[k] < rounds) all_sent = 0;
        end
    endfunction

    // which inputs may feed an output
    function feeds(input integer from, input integer into);
        case (into)
            EAST: feeds = from == WEST || from == CORE || from == HOST;
            WEST: feeds = from == EAST || from == CORE || from == HOST;
            CORE: feeds = 1;
            default: feeds = from != into;
        endcase
    endfunction

    always @* begin
        assume (started ? !rst : rst);
        assume (side < 6 && PORTS[side]);
        assume ((in_valid & ~PORTS[5:0]) == 0);
        // only the packet that is followed has the bit
        for (j = 0; j < 6; j = j + 1) assume (!in_data[8*j] || (j == side && followed_in));
        if (followed_in) assume (flit[0] && !flit[7]);
        if (started) begin
            for (o = 0; o < 6; o = o + 1) begin
                if (followed_out[o]) assert (inside && o == way && sent[o] == its_round);
                if (marker_out[o]) begin
                    assert (PORTS[o]);
                    if (inside && way == o) assert (sent[o] < its_round);
                    for (j = 0; j < 6; j = j + 1) if (PORTS[j] && feeds(j, o)) assert (sent[o] < ended[j]);
                end
                if (offered[o]) assert (out_valid[o] && out_data[8*o +: 8] == offered_data[8*o +: 8]);
            end
            assert ((followed_out & (followed_out - 1)) == 0);
            assert (!(inside && followed_in));
            if (inside) assert (waited < PATIENCE);
        end
    end
endmodule
