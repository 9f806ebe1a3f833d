"""What nothing can cover in the Verilog, and why. A test checks that each of these exists and is not covered."""

from bicall.rtl.verify.coverage import Exclusion

EITHER_WAY = r"(:0->1|:1->0)"


def bits(modules: str, signals: str, reason: str) -> Exclusion:
    """Bits of signals that never change; `signals` is a regular expression."""
    return Exclusion(tuple(f"bicall_{module}" for module in modules.split()), "toggle", signals + EITHER_WAY, reason)


EXCLUSIONS = (
    bits("axi_lite host core", r"s_axil_[br]resp\[0\]", "the responses OKAY and SLVERR differ in bit 1 only"),
    bits("core", r"m_axis_tdata\[([4-9]|[12]\d|30)\]", "events out: a number of few bits, and a kind of 0 or 2"),
    bits("core", r"neuron_random_stream\[[23]\]", "neurons ask for the streams 1 and 2"),
    bits("population", r"random_stream\[[23]\]", "neurons ask for the streams 1 and 2"),
    bits("core", r"row_random_stream\[3\]", "rows ask for the streams 3 and 4"),
    bits("rows catch_up", r"random_stream\[3\]", "rows ask for the streams 3 and 4"),
    bits("random", r"stream\[3\]", "the core's streams are 1 to 4"),
    bits("random", r"left\[3\]", "ten rounds, two a cycle: it counts from 5"),
    bits("random_line", r"(stream\[\d\]|(stage\[0\]\.from_)?y\[(28|29|30|31)\])", "only x asks, its stream is 0"),
    bits(
        "rows catch_up",
        r"row_entry\[3\]",
        "a row never keeps that it saw all 8 entries: a full archive is swept",
    ),
    bits("host", r"(h_word\[19\]|h_row\[1[789]\])", "an address has 20 bits for row, group and lane together"),
    bits("neuron", r"(current_product\[37\]|current_kept\[2[56]\])", "at most 2^24 times 4096, and its upper part"),
    bits("neuron", r"(membrane_product\[36\]|membrane_kept\[2[45]\])", "at most 2^23 times 4096, and its upper part"),
    bits("synapse", r"(raised\[([0-7]|28)\]|noise\[12\])", "a shift by a constant brings in zeros"),
    bits("trace", r"product\[28\]", "16 bits times at most 4096, not 13 bits' full scale"),
    bits("catch_up", r"product\[44\]", "c_p x is a step that fits, without a sign"),
    bits("population", r"gate\[1[67]\]", "a trace of 16 bits, in front of it two zeros for the comparison with a sign"),
    bits("population", r"gathered\[9\]", "the last lane's bit goes into the word, and gathering begins anew"),
    Exclusion(("bicall_synapse",), "toggle", r"column_turn\[\d+\]:1->0", "a constant of each lane"),
)
