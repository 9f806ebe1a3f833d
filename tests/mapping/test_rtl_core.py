"""A Verilog core that starts from a mapped core's images does what the emulator does with that part of the network."""

import json
import shutil
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from bicall.emulator.digits.classifier import Network as Digits
from bicall.emulator.digits.graph import network_of, training_samples
from bicall.emulator.rule import description
from bicall.emulator.rule.constants import Constants
from bicall.emulator.rule.state import STATE_VARIABLES, SpikeTrain
from bicall.mapping import workloads
from bicall.mapping.chips import chip as chips
from bicall.mapping.configuration.configuration import configure
from bicall.mapping.configuration.images import LANES, write_images
from bicall.mapping.machine.execution import MappedNetwork
from bicall.mapping.machine.parts import PlasticPart
from bicall.mapping.mapper.mapper import map_network
from bicall.rtl.driver import core as rtl_core

IMAGE = "h.hex"  # in the working folder, so that all cores of one size share a build
BASES = ("row_base", "column_base", "column_turn", "seed", "tick", "phase")


def record(monkeypatch, mapped: MappedNetwork, samples) -> list[dict[int, list]]:
    """For each sample and core: what arrived and what fired, tick by tick."""
    heard: list[dict[int, list]] = []
    tick = PlasticPart.tick

    def recording(part, arrived, direct, sums, learning):
        fired = tick(part, arrived, direct, sums, learning)
        heard[-1].setdefault(part.core, []).append((arrived[part.axons], direct[part.neurons], fired))
        return fired

    monkeypatch.setattr(PlasticPart, "tick", recording)
    for sample in samples:
        mapped.reset()
        heard.append({})
        mapped.run(sample)
    return heard


def loaded(monkeypatch, images, number: int, size: rtl_core.Size) -> rtl_core.Core:
    """A core that read its h with $readmemh, and got its registers from the other image."""
    shutil.copy(images / f"core-{number}-h.hex", IMAGE)
    registers = json.loads((images / f"core-{number}-registers.json").read_text())
    parameters = rtl_core.parameters
    monkeypatch.setattr(rtl_core, "parameters", lambda c, size: parameters(c, size) | {"IMAGE": f'"{IMAGE}"'})
    core = rtl_core.Core(Constants(**registers["constants"]), size)
    monkeypatch.setattr(rtl_core, "parameters", parameters)
    for name in BASES:
        core.write(name, registers[name])
    return core


class Result(NamedTuple):
    cores: int  # that have images
    compared: int
    differences: int
    verilog_cycles: int  # of each tick's slowest core, in all
    model_cycles: int  # of the mesh model, without the barriers


def cosimulate(monkeypatch, network, samples, chip, folder) -> Result:
    """Run all cores that have images on what arrived at them in the mapped run."""
    mapping = map_network(network, chip, operations=10**6)
    configuration = configure(mapping.graph, chip, mapping.core_of)
    images = write_images(network, configuration, folder / "images")
    mapped = MappedNetwork(network, configuration)
    heard = record(monkeypatch, mapped, samples)
    monkeypatch.chdir(folder)
    cores = compared = differences = 0
    ticks, slowest = sum(train["teachers"].ticks for train in samples), np.zeros(1, np.int64)
    size = rtl_core.Size(chip.core.axons, chip.core.neurons, LANES)
    for part in mapped.parts:
        number = configuration.cores[part.core].core
        if not (images / f"core-{number}-h.hex").exists():
            continue
        core = loaded(monkeypatch, images, number, size)
        n, cycles = len(part.neurons), []
        for sample in heard:
            arrived, direct, fired = (np.array(values) for values in zip(*sample[part.core], strict=True))
            core.reset_sample()
            began = core.cycles
            events = rtl_core.tick_events(SpikeTrain.from_dense(arrived), SpikeTrain.from_dense(direct))
            spikes, ended = core.send(events, len(arrived))
            cycles.append(np.diff(ended, prepend=began))
            spikes = spikes[:, :n]
            compared += spikes.size
            differences += int((spikes != fired).sum())
        slowest = np.maximum(slowest, np.concatenate(cycles))
        state = core.state()
        assert core.read("dropped") == 0
        core.close()
        for name in STATE_VARIABLES:
            own = getattr(part.state, name)
            found = getattr(state, name)[tuple(slice(length) for length in own.shape)]
            compared += own.size
            differences += int((found != own).sum())
        cores += 1
    activity, mesh = mapped.mesh.activity, chip.mesh
    used = np.array([tables.core for tables in configuration.cores])
    ways = np.abs(used % mesh.width - mesh.port[0]) + np.abs(used // mesh.width - mesh.port[1])
    barriers = 2 * int(ways.max()) * chip.costs.cycles_per_hop * ticks
    return Result(cores, compared, differences, int(slowest.sum()), activity.cycles - barriers)


def stochastic() -> Digits:
    sections = ("pre_trace", "post_trace", "gate_trace", "hidden_weight")
    values = {f"{section}__rounding": "stochastic" for section in sections}
    return Digits.fresh(description.with_values(description.load("digits-256"), **values), "fixed", 7)


@pytest.mark.parametrize("rounding", ["as described", "stochastic"])
def test_every_core_of_digits_256(rounding, monkeypatch, tmp_path):
    digits = stochastic() if rounding == "stochastic" else Digits.fresh(description.load("digits-256"), "fixed", 7)
    rng = np.random.default_rng(1)
    active, labels = rng.random((2, 256)) < 0.3, np.array([3, 9], np.uint8)
    workload = workloads.measured(network_of(digits), training_samples(digits, active, labels))
    result = cosimulate(monkeypatch, *workload, chips.load("small-mesh"), tmp_path)
    assert (result.cores, result.differences) == (3, 0)
    assert result.compared > 2560 + 10 * 300


@pytest.mark.parametrize(
    "wrong", [{"seed": 8}, {"column_base": 5}, {"column_turn": 1}, {"row_base": 1}, {"tick": 7}], ids=str
)
def test_a_wrong_register_is_noticed(wrong, monkeypatch, tmp_path):
    digits, rng = stochastic(), np.random.default_rng(1)
    active, labels = rng.random((2, 256)) < 0.3, np.array([3, 9], np.uint8)
    workload = workloads.measured(network_of(digits), training_samples(digits, active, labels))
    read = json.loads
    monkeypatch.setattr(json, "loads", lambda text: read(text) | wrong)
    assert cosimulate(monkeypatch, *workload, chips.load("small-mesh"), tmp_path).differences > 0


@pytest.mark.slow
def test_the_learning_cores_of_digits_v1(monkeypatch, tmp_path):
    from bicall.emulator.data import mnist

    workload = workloads.load("digits-v1-conv", mnist.load(), 2, 1)
    result = cosimulate(monkeypatch, *workload, chips.load("wide-mesh"), tmp_path)
    # cores that hold neurons of the convolution, too, have no image for the learning core
    assert result.cores >= 2 and result.differences == 0 and result.compared > 60 * 1568


@pytest.mark.slow
@pytest.mark.parametrize(("network", "chip"), [("digits-256", "small-mesh"), ("digits-256", "odin-mesh")])
def test_the_model_counts_about_the_cycles_of_the_verilog(network, chip, monkeypatch, tmp_path):
    """On images that its figures were not fitted to."""
    from bicall.emulator.data import mnist

    digits = mnist.load()
    digits = replace(digits, train=digits.train.take(np.arange(100, len(digits.train.labels))))
    result = cosimulate(monkeypatch, *workloads.load(network, digits, 10, 2), chips.load(chip), tmp_path)
    assert result.differences == 0
    assert result.model_cycles == pytest.approx(result.verilog_cycles, rel=0.15)
