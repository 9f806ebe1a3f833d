"""The Verilog of a whole chip, loaded over its host's packets, does what the unmapped emulator does."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bicall.chip.check import run_chip
from bicall.chip.host import Host
from bicall.chip.plan import plan
from bicall.cli import app
from bicall.emulator.configuration import description
from bicall.emulator.network.network import DIRECT, FIXED, PLASTIC, Network
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.support.errors import BadInput
from bicall.mapping.chips import chip as chips
from bicall.rtl.driver import packets, simulator
from bicall.rtl.driver.chip import Chip
from bicall.rtl.driver.packets import Kind, Operation

DIGITS = description.load("digits-256")


def agrees(done) -> bool:
    return done.agreement.differences == 0 and not any(done.counters.values()) and done.agreement.compared > 0


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10)
def test_random_networks_on_a_small_chip(small_chips, seed):
    """Delays, sparse and recurrent layers, several plastic inputs and rules, and a host that sends and takes late."""
    case = small_chips.drawn(seed)
    try:
        done = small_chips.checked(case)
    except BadInput as error:
        assert "several rules" in str(error)  # three tiles hold so many
        return
    assert agrees(done), (done.agreement.first, done.counters)


def test_a_wrong_word_is_noticed(small_chips):
    case = small_chips.drawn(0)
    for change in ("h", "route"):
        planned = small_chips.planned(case)
        if change == "h":
            state = planned.cores[0].state
            state.h[np.argwhere(state.h > 0)[0][0]] ^= 1 << 7
        else:
            wrong = planned.configuration.packets
            wrong.delays[wrong.kind == 0] = 1
        done = run_chip(planned, case.samples, model=False)
        assert done.agreement.differences > 0 and done.agreement.first


def test_what_cannot_be_is_counted_and_nothing_else_is_lost(small_chips):
    """Packets for a tile that is not there, operations in mid-tick, entries out of range, spikes of nobody."""
    case = small_chips.drawn(3)
    planned = small_chips.planned(case)
    chip = Chip(planned.chip)
    host, tile = Host(planned, chip), planned.cores[0].core
    size = planned.chip.tiles[tile].size
    port = planned.chip.host[1] * planned.chip.width + planned.chip.host[0]

    def counted(number: int, flits: list[int], rounds: int = 0) -> dict[str, int]:
        """What a tile counts while flits are sent, and then a round ends."""
        before = chip.counters(number)
        chip.exchange([*flits, packets.marker()], rounds + 1)
        return {name: count - before[name] for name, count in chip.counters(number).items() if count != before[name]}

    for x, y in ((1, 2), (1, 15)):  # x first: it is in the host's column, and there is no way on at its end
        nowhere = packets.flit(Kind.SPIKE, x=x, y=y)
        assert counted(3, [nowhere] * 3) == {"undeliverable": 3}
    assert counted(port, [packets.flit(Kind.SPIKE, x=15, y=0)] * 2) == {"undeliverable": 2}
    assert counted(port, [packets.flit(Kind.TO_HOST, x=1, y=0)]) == {"undeliverable": 1}  # back where it came from
    strays = [
        chip.to(tile, Kind.SPIKE, index=size.axons), chip.to(tile, Kind.SPIKE, index=8191),
        chip.to(tile, Kind.DIRECT, index=size.neurons), chip.to(tile, Kind.SPIKE, later=small_chips.LONGEST_DELAY),
    ]  # fmt: skip
    assert counted(tile, strays) == {"out_of_range": 4}
    assert counted(tile, [chip.to(tile, Kind.OPERATION, operation=31)]) == {"refused": 1}
    spike = chip.to(tile, Kind.SPIKE, index=1)
    assert counted(tile, [spike] * 3) == {"doubled": 2}
    for words in (
        [(packets.ROUTES + planned.chip.tiles[tile].routes, 1)],
        [(packets.STARTS + size.neurons, 0)],
        [(packets.STARTS, packets.START_VALID | planned.chip.tiles[tile].routes)],
        [(packets.OWN, 1)],
        [(1, 5)],  # the core's own refusal
    ):
        assert counted(tile, chip.write_flits(tile, words)) == {"refused": 1}, words
    with pytest.raises(BadInput, match=f"tile {tile}: address 0x400003 is not there"):
        chip.read(tile, packets.OWN + 3, 1)
    # in mid-tick: the tick begins with the marker, and what follows at once comes while it runs
    before = chip.read(tile, packets.ROUTES, 1)
    late = [packets.marker(tick=True), *chip.write_flits(tile, [(packets.ROUTES, 12345)])]
    found = counted(tile, late, rounds=1)
    assert found == {"refused": 4}
    assert chip.read(tile, packets.ROUTES, 1) == before
    late[-1] = chip.to(tile, Kind.OPERATION, operation=Operation.READ, data=3)
    assert counted(tile, late, rounds=1) == {"refused": 4}
    # and the chip is none the worse for it
    for name in packets.COUNTERS:
        for number in (1, 2, 3):
            chip.write(number, [(packets.WORDS[name].address, 0)])
    network = planned.network.copy()
    chip.close()
    assert agrees(run_chip(planned._replace(network=network), case.samples, model=False))
    assert host.planned is planned


def two_populations() -> Network:
    network = Network("two")
    network.add_inputs("in", 3)
    network.add_neurons("a", 2, DIGITS, read=True)
    network.add_neurons("b", 2, DIGITS)
    network.connect("in", "a", kind=PLASTIC)
    return network


def refused(connect) -> Network:
    network = two_populations()
    connect(network)
    network.start("fixed", 1)
    return network


@pytest.mark.parametrize(
    ("connect", "message"),
    [
        (lambda n: n.connect("a", "b", np.ones((2, 2)), kind=FIXED), "projection a to b: has fixed weights"),
        (lambda n: n.connect("in", "b", np.eye(3, 2), kind=DIRECT), "population b: does not learn"),
        (lambda n: n.connect("a", "b", kind=PLASTIC, delay=9), "delay of 9 ticks, core.longest_delay is 1"),
    ],
)
def test_networks_that_it_cannot_hold_are_refused(connect, message):
    with pytest.raises(BadInput) as error:
        plan(refused(connect), chips.load("small-mesh"))
    assert message in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mesh__torus": True}, "mesh.torus is true, must be false in Verilog"),
        ({"routing__multicast": True}, "routing.multicast is true, must be false in Verilog"),
        ({"faults__links": [[0, 1]]}, r"faults.links has \[0, 1\], must have none"),
        ({"mesh__width": 17}, "mesh.width is 17, must be at most 16 in Verilog"),
        ({"core__axons": 9000, "core__synapse_bits": 10**6}, "core.axons is 9000, must be at most 8192 in Verilog"),
    ],
)
def test_chips_that_it_cannot_be_are_refused(values, message):
    network = refused(lambda n: n.connect("a", "b", kind=PLASTIC))
    with pytest.raises(BadInput, match=message):
        plan(network, chips.with_values(chips.load("small-mesh"), **values))


def test_flits_have_no_fields_in_common():
    together = (
        ("marker", "x", "y", "kind", "later", "index"), ("marker", "x", "y", "kind", "operation", "data"),
        ("marker", "x", "y", "kind", "reply", "failed", "high", "data"), ("x", "y", "kind", "reply", "node"),
        ("marker", "tick", "forget"),
    )  # fmt: skip
    for names in together:
        bits = [packets.FIELDS[name].put(packets.FIELDS[name].most) for name in names]
        assert sum(bits) == np.bitwise_or.reduce(bits)


def test_check_of_digits_on_three_tiles():
    command = ["chip", "check", "digits-256", "--chip", "three-tiles", "--images", "1", "--effort", "0.01", "--json"]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    result = json.loads(done.stdout)
    assert done.exit_code == 0 and (result["cores"], result["tiles"]) == (3, 3)
    assert result["agreement"]["differences"] == 0 < result["agreement"]["spikes"]
    # spikes of ten neurons, h of 2,560 synapses, x of 256 axons on three cores, five variables a neuron
    assert result["agreement"]["compared"] == 10 * result["ticks"] + 2560 + 3 * 256 + 50
    assert result["model_cycles"] == pytest.approx(result["cycles"], rel=0.2)


def test_build_writes_verilog_that_is_clean(tmp_path):
    folder = tmp_path / "chip"
    command = ["chip", "build", "digits-256", "--chip", "three-tiles", "--effort", "0.01", "--output", str(folder)]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert done.exit_code == 0, done.stdout
    assert simulator.lint("bicall_chip", sorted(folder.glob("*.v"))) == ""
    assert (folder / "configuration" / "manifest.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "chip", "tiles"), [("digits-256", "three-tiles", 3), ("digits-pools", "eight-tiles", 7)]
)
def test_a_hundred_images(network, chip, tiles):
    command = ["chip", "check", network, "--chip", chip, "--images", "100", "--json"]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    result = json.loads(done.stdout)
    assert done.exit_code == 0 and result["cores"] >= tiles
    assert result["agreement"]["differences"] == 0 < result["agreement"]["spikes"]


@pytest.mark.slow
@given(
    seed=st.integers(0, 10_000), width=st.integers(1, 3), height=st.integers(1, 3), port=st.integers(0, 8),
    axons=st.sampled_from([33, 64, 100]), neurons=st.sampled_from([5, 16, 18]), stochastic=st.booleans(),
)  # fmt: skip
@settings(max_examples=12)
def test_random_networks_on_random_chips(small_chips, seed, width, height, port, axons, neurons, stochastic):
    """Each with a build of its own."""
    case = small_chips.drawn(seed, stochastic)
    chip = chips.with_values(
        chips.load("small-mesh"), mesh__width=width, mesh__height=height,
        mesh__port=[port % width, port // width % height], core__axons=axons, core__neurons=neurons,
        core__longest_delay=small_chips.LONGEST_DELAY, core__synapse_bits=axons * neurons * 8,
    )  # fmt: skip
    try:
        planned = plan(case.network, chip, effort=0.01)
    except BadInput as error:
        assert "several rules" in str(error) or "needs" in str(error) or "stochastic rounding counts" in str(error)
        return
    done = run_chip(planned, case.samples, model=False, pauses=case.pauses)
    assert agrees(done), (done.agreement.first, done.counters)


def test_a_run_in_inference_leaves_h_as_it_is(small_chips):
    case = small_chips.drawn(4)
    planned = small_chips.planned(case)
    chip = Chip(planned.chip)
    host = Host(planned, chip)
    host.reset()
    host.run(case.samples[0], learning=False)
    for core in planned.cores:
        assert np.array_equal(host.state(core).h, core.state.h)
    assert isinstance(next(iter(case.samples[0].values())), SpikeTrain)
    chip.close()


def test_presentations_that_depend_on_answers_are_refused():
    with pytest.raises(BadInput, match="^network digits-256-margin: presentation.learn_from_ms lets answers decide"):
        CliRunner().invoke(app, ["chip", "run", "digits-256-margin", "--images", "1"], catch_exceptions=False)


@pytest.mark.slow
def test_waves_and_coverage(tmp_path):
    path = tmp_path / "chip.vcd"
    command = ["chip", "check", "digits-256", "--images", "1", "--waves", str(path), "--coverage", "--json"]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert done.exit_code == 0 and "network_interface" in path.read_text()
    covered, points = json.loads(done.stdout)["coverage"]["bicall_router"]["line"]
    assert 0 < covered <= points
