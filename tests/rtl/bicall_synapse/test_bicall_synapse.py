"""bicall_synapse against the emulator: signals under cocotb, millions of updates as a library, and mutants."""

import json
from pathlib import Path

import numpy as np
import pytest

from bicall.emulator.configuration.description import load, with_values
from bicall.emulator.digits.classifier import Classifier
from bicall.emulator.rule.constants import fixed
from bicall.emulator.rule.randomness import COLUMN_STEP, column_noise
from bicall.rtl.driver import simulator
from bicall.rtl.driver.synapse import Items, SynapseCircuit
from bicall.rtl.verify.bench import run_bench
from bicall.rtl.verify.cosim import check_synapse, learned_samples
from bicall.rtl.verify.replay import replay

BENCH = Path(__file__).parent / "synapse_bench.py"
REPLAYED = 12_000  # items under cocotb; the library replays more
WIDTHS = [  # h bits, fraction bits of a step, rounding
    (8, 8, "stochastic"),
    (8, 8, "nearest"),
    (4, 0, "truncate"),
    (2, 12, "stochastic"),
    (16, 12, "nearest"),
]


def described(bits: int, places: int, rounding: str):
    return with_values(
        load("digits-256"),
        hidden_weight__bits=bits,
        hidden_weight__step_fraction_bits=places,
        hidden_weight__rounding=rounding,
        # so that drift moves even few bits within some images
        time__drift_period_ticks=97,
        hidden_weight__drift_up_per_s=1.5 / 0.097 / (2**bits - 1),
        hidden_weight__drift_down_per_s=2.5 / 0.097 / (2**bits - 1),
    )


def parameters(c) -> dict[str, int]:
    return {"H_BITS": c.h_bits, "STEP_FRACTION_BITS": c.step_fraction_bits, "ROUNDING": c.h_rounding}


def write_replay(description, path: Path) -> None:
    """Items of one training image with the h that each starts from."""
    c = fixed(description)
    (sample,) = learned_samples(Classifier.fresh(description, "fixed", 5), images=1)
    wanted = replay(c, sample.seed, sample.h, sample.recording)
    h_next, w = SynapseCircuit(c).apply(np.array(sample.h, np.int32, order="C"), wanted.items)
    # h before an item: the synapse's last known h. Items whose outcome the emulator does not show are left out.
    h, last = sample.h.copy(), np.zeros(len(h_next), np.int32)
    for k, place in enumerate(zip(wanted.items.row, wanted.items.column, strict=True)):
        last[k], h[place] = h[place], wanted.h[k] if wanted.h_known[k] else h_next[k]
    i = wanted.items
    inputs = np.stack([last, i.drift_up, i.drift_down, i.learn, i.step, i.row_word, i.column], axis=1)
    kept = np.flatnonzero(wanted.h_known)[:REPLAYED]
    np.savez(path, inputs=inputs[kept], h=wanted.h[kept], w=last[kept] > c.h_threshold)


@pytest.mark.parametrize("widths", WIDTHS[:3], ids=str)
def test_signals(widths, tmp_path):
    description = described(*widths)
    c = fixed(description)
    write_replay(description, tmp_path / "replay.npz")
    inputs = {"CONSTANTS": json.dumps(c._asdict()), "REPLAY": tmp_path / "replay.npz"}
    assert run_bench(BENCH, "bicall_synapse", parameters(c), tmp_path, inputs) == 3


@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_bulk(widths):
    checked = check_synapse(Classifier.fresh(described(*widths), "fixed", 3), updates=100_000, images=3)
    for workload, result in checked.items():
        print(f"{workload}: {result['updates']} updates, {result['compared']} values compared")
        assert result["different"] == 0, result["first"]
        assert result["updates"] >= 100_000
        assert result["steps"] > 1_000


def check_random_items(widths, items: int, batch: int = 500_000) -> int:
    """All inputs random, against the emulator's noise and the contract's formula; the number of differences."""
    c, random = fixed(described(*widths)), np.random.default_rng(17)
    circuit, different = SynapseCircuit(c), 0
    places = c.step_fraction_bits
    for _ in range(items // batch):
        h, up, down = random.integers(0, c.h_full + 1, (3, batch), np.int32)
        up, down = up >> random.integers(0, c.h_bits, batch), down >> random.integers(0, c.h_bits, batch)
        step = random.integers(-1 << (c.h_bits + places), 1 << (c.h_bits + places), batch, np.int32)
        step >>= random.integers(0, c.h_bits, batch, np.int32)
        learn = random.integers(0, 2, batch, np.int32)
        word, column = random.integers(0, 1 << 16, batch), random.integers(0, 4096, batch)
        row = np.arange(batch)
        # column 0, the column's turn already in the word: the sum is what the circuit sees
        items = Items(row, np.zeros_like(row), up, down, learn, step, word + column * COLUMN_STEP)
        got, w = circuit.apply(h.reshape(-1, 1).copy(), items)
        noise = {0: 0, 1: (1 << places) >> 1, 2: column_noise(word, column, places)}[c.h_rounding]
        drifted = np.where(h > c.h_threshold, np.minimum(h + up, c.h_full), np.maximum(h - down, 0))
        learned = np.clip(drifted + ((step + noise) >> places), 0, c.h_full)
        different += int(np.count_nonzero(got != np.where(learn, learned, drifted)))
        different += int(np.count_nonzero(w != (h > c.h_threshold)))
    return different


@pytest.mark.parametrize("widths", WIDTHS, ids=str)
def test_random_items(widths):
    assert check_random_items(widths, 1_000_000) == 0


@pytest.mark.slow
def test_hundred_million_random_items():
    assert check_random_items(WIDTHS[0], 100_000_000) == 0


@pytest.mark.parametrize(
    ("widths", "what", "instead"),
    [
        (WIDTHS[1], "16'h8000", "16'h7FFF"),  # nearest: half of the last bit rounds down
        (WIDTHS[0], "row_word + column_turn", "row_word"),  # stochastic: all columns alike
        (WIDTHS[0], "<< STEP_FRACTION_BITS;", "<< STEP_FRACTION_BITS >> 1;"),
        (WIDTHS[0], "(moved[H_BITS] == w)", "(moved[H_BITS] == 1'b1)"),
    ],
    ids=["nearest", "columns", "noise", "drift"],
)
def test_mutant_is_found(widths, what, instead, tmp_path):
    text = (simulator.ROOM / "bicall_synapse.v").read_text()
    assert text.count(what) == 1
    (tmp_path / "bicall_synapse.v").write_text(text.replace(what, instead))
    description = described(*widths)
    mutant = SynapseCircuit(fixed(description), folder=tmp_path)
    checked = check_synapse(Classifier.fresh(description, "fixed", 3), 100_000, images=1, circuit=mutant)
    assert checked["random events"]["different"] > 0
    assert checked["training samples"]["different"] > 0
    assert checked["random events"]["first"]["variable"] in ("h", "w")


@pytest.mark.parametrize("bits", [2, 8, 16])
@pytest.mark.parametrize("places", [0, 1, 12])
@pytest.mark.parametrize("rounding", [0, 1, 2])
def test_lint(bits, places, rounding):
    chosen = {"H_BITS": bits, "STEP_FRACTION_BITS": places, "ROUNDING": rounding}
    assert simulator.lint("bicall_synapse", simulator.verilog("bicall_synapse"), chosen) == ""
