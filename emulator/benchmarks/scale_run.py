"""One large recurrent network, run for a while: on one process or on ranks, stored or procedural, with checkpoints.

The network is that of `scale`: all neurons spike at a rate because a teacher makes them, and every spike is learnt
from.
"""

import hashlib
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bicall.emulator.benchmarks.layers import constants, random_spikes
from bicall.emulator.benchmarks.scale import PART
from bicall.emulator.rule.state import SpikeTrain
from bicall.emulator.schemes.bicall import checkpoint, ranks
from bicall.emulator.schemes.bicall.connectivity import Connectivity, random_connectivity
from bicall.emulator.schemes.bicall.procedural import Procedural, procedural_connectivity
from bicall.emulator.schemes.bicall.run import flush
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.ranks import Alone, Communicator, gathered
from bicall.emulator.support.reporting import progress

CONNECTIVITIES = ("stored", "procedural")
PIECE = 100  # ticks between two looks at the clock, at most
MOST_NEURONS = 2**28  # that random words can be asked for
LEAST_PARTS = 8  # so that a small network can have several ranks and threads
COUNTERS_OF_ENERGY = "/sys/class/powercap"  # RAPL, where Linux shows it


@dataclass(frozen=True)
class Plan:
    """What is run. Two runs of one plan give the same integers, on any number of ranks and threads."""

    synapses: int = 10**7
    in_degree: int = 1000
    rate: float = 1.0  # Hz
    ticks: int = 1000
    connectivity: str = "stored"
    delay: int = 2  # ticks
    seed: int = 1
    parts: int = 0  # 0: as many as keep what neurons remember in the cache

    def __post_init__(self) -> None:
        if self.connectivity not in CONNECTIVITIES:
            raise BadInput(f"connectivity is {self.connectivity!r}, must be one of {', '.join(CONNECTIVITIES)}")
        if self.synapses < self.in_degree or self.in_degree < 1:
            raise BadInput(f"in_degree is {self.in_degree}, must be from 1 to {self.synapses}, the number of synapses")
        if self.neurons < self.in_degree:
            most = int(self.synapses**0.5)
            raise BadInput(f"in_degree is {self.in_degree}, must be at most {most}, so that there are as many neurons")
        if self.neurons > MOST_NEURONS:
            raise BadInput(f"in_degree is {self.in_degree}, which takes {self.neurons} neurons, at most {MOST_NEURONS}")
        if self.ticks < 1:
            raise BadInput(f"ticks is {self.ticks}, must be at least 1")
        if not 0 <= self.seed < 2**32:
            raise BadInput(f"seed is {self.seed}, must be from 0 to {2**32 - 1}")
        if self.parts < 0:
            raise BadInput(f"parts is {self.parts}, must be at least 0, which chooses them by size")
        if not 0 < self.rate <= 1000:
            raise BadInput(f"rate is {self.rate} Hz, must be above 0 and at most 1000 Hz, one spike a tick")

    @property
    def neurons(self) -> int:
        return round(self.synapses / self.in_degree)

    @property
    def all_parts(self) -> int:
        return self.parts or min(self.in_degree, max(LEAST_PARTS, round(self.neurons / PART)))

    def share(self, only: range) -> ranks.Share:
        """Some of the parts, before tick 1."""
        draw: Callable[..., Connectivity | Procedural] = (
            random_connectivity if self.connectivity == "stored" else procedural_connectivity
        )
        network = draw(self.neurons, self.in_degree, self.delay, self.seed, parts=self.all_parts, only=only)
        low = self._low(only.start)
        return ranks.Share.initial(self.constants, network, self.seed, low, 0)

    def _low(self, part: int) -> int:
        if self.connectivity == "stored":
            return part * self.neurons // self.all_parts
        return part * self.in_degree // self.all_parts * self.neurons // self.in_degree

    @property
    def constants(self):
        return constants(self.in_degree * self.rate / 1000)


def run_scale(
    plan: Plan,
    communicator: Communicator | None = None,
    threads: int = 1,
    folder: Path | None = None,
    every: int = 0,
    resume: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> dict:
    """Run a plan; every rank calls it.

    Args:
        communicator: None for one process.
        folder: where checkpoints and recordings go; None: nowhere.
        every: ticks between checkpoints; 0: one at the end.
        resume: go on from the folder's newest checkpoint, if there is one.
        stop: asked now and then whether to end early, after a checkpoint; one rank's yes is everybody's.

    Returns:
        What was run, times, memory and counts of all ranks together; a digest of all h.

    Raises:
        BadInput: what cannot be run, a folder that has another run's files, or checkpoints of another plan.
    """
    communicator = communicator or Alone()
    _check_folder(folder, every, resume)
    size, began = communicator.Get_size(), time.perf_counter()
    parts = ranks.parts_of(communicator.Get_rank(), size, plan.all_parts)
    share, about = plan.share(parts), asdict(plan)
    if folder is not None and resume:
        if found := checkpoint.latest(folder):
            checkpoint.load(found, share, parts, about)
        communicator.Barrier()
        if communicator.Get_rank() == 0:
            checkpoint.forget_spikes(folder, share.state.tick)
        communicator.Barrier()
    teacher, first = share.pick(random_spikes(plan.neurons, plan.ticks, plan.rate, plan.seed)), share.state.tick
    built = time.perf_counter() - began
    totals = np.zeros(4, np.int64)  # events, steps of h, spikes, bytes of the state
    saved, took, cpu, begin_energy = first, 0.0, 0.0, energy()
    kept: list[SpikeTrain] = []
    digest = hashlib.sha256()
    edges = _edges(first, plan.ticks, every)
    for at, until in progress(edges, "ticks" if size == 1 else f"ticks, {size} ranks"):
        piece = SpikeTrain(teacher.starts[at : until + 1], teacher.sources)
        begin, begin_cpu = time.perf_counter(), time.process_time()
        fired, counts = ranks.run(
            communicator, plan.constants, share, SpikeTrain.silent(until - at), piece, plan.seed, threads=threads
        )
        took, cpu = took + time.perf_counter() - begin, cpu + time.process_time() - begin_cpu
        totals[:3] += counts["synapse_visits"], counts["weight_computations"], len(fired.sources)
        kept.append(fired)
        ending = any(asked[0] for asked in gathered(communicator, np.array([stop()], np.int64)))
        if folder is not None and (ending or until == plan.ticks or (every and until % every == 0)):
            checkpoint.save_spikes(folder, saved, _joined(kept), share.low, parts)
            checkpoint.save(folder, communicator, plan.constants, share, parts, plan.seed, about)
            saved, kept = until, []
        if ending:
            break
    used = energy()
    begin = time.perf_counter()
    flush(plan.constants, share.connectivity, share.state, plan.seed)
    flushed = time.perf_counter() - begin
    totals[3] = share.state.bytes
    mine = [hashlib.sha256(memoryview(part)) for part in _parts_of_h(share)]
    for each in gathered(communicator, np.frombuffer(b"".join(m.digest() for m in mine), np.uint8)):
        digest.update(each.tobytes())
    everyone = np.array(gathered(communicator, totals)).sum(axis=0)
    peak = np.array([resource.getrusage(resource.RUSAGE_SELF).ru_maxrss], np.int64)
    connected = np.array([sum(x.nbytes for x in share.connectivity if isinstance(x, np.ndarray))], np.int64)
    slowest = max(float(t[0]) for t in gathered(communicator, np.array([took])))
    events = int(everyone[0])
    cpu_s = float(sum(t[0] for t in gathered(communicator, np.array([cpu]))))
    joules = None if used is None or begin_energy is None else used - begin_energy
    return about | {
        "neurons": plan.neurons,
        "parts": plan.all_parts,
        "ranks": size,
        "threads": threads,
        "first_tick": first,
        "last_tick": share.state.tick,
        "build_s": built,
        "elapsed_s": slowest,
        "processor_s": cpu_s,
        "flush_s": flushed,
        "events": events,
        "weight_computations": int(everyone[1]),
        "spikes": int(everyone[2]),
        "events_per_s": events / slowest if slowest else 0.0,
        "ns_per_event": slowest / events * 1e9 if events else None,
        "processor_ns_per_event": cpu_s / events * 1e9 if events else None,
        "state_bytes_per_synapse": float(everyone[3]) / plan.synapses,
        "connectivity_bytes_per_synapse": float(sum(n[0] for n in gathered(communicator, connected))) / plan.synapses,
        "peak_memory_gib": float(sum(p[0] for p in gathered(communicator, peak))) / 2**20,
        "energy_j": joules,
        "nj_per_event": joules / events * 1e9 if joules is not None and events else None,
        "digest": digest.hexdigest(),
    }


def _check_folder(folder: Path | None, every: int, resume: bool) -> None:
    if folder is None:
        if every or resume:
            raise BadInput("folder: is missing, must be given for checkpoints")
    elif not resume and (any(folder.glob("tick-*")) or any(folder.glob("spikes-*"))):
        raise BadInput(f"folder {folder}: has the files of a run, must be without, or be gone on with by --resume")


def energy() -> float | None:
    """Joules that the processors have used since some time, by RAPL; None where there is no counter to read."""
    try:
        counters = [int(path.read_text()) for path in Path(COUNTERS_OF_ENERGY).glob("intel-rapl:?/energy_uj")]
    except OSError:
        return None
    return sum(counters) * 1e-6 if counters else None


def _edges(first: int, last: int, every: int) -> list[tuple[int, int]]:
    """Pieces of a run: none is longer than PIECE, and one ends wherever a checkpoint is due."""
    edges = {first, last, *range(first - first % PIECE + PIECE, last, PIECE)}
    if every:
        edges |= set(range(first - first % every + every, last, every))
    ordered = sorted(edges)
    return list(zip(ordered, ordered[1:], strict=False))


def _joined(trains: list[SpikeTrain]) -> SpikeTrain:
    """Trains one after the other."""
    counts = np.concatenate([np.diff(train.starts) for train in trains])
    return SpikeTrain(np.concatenate([[0], np.cumsum(counts)]), np.concatenate([train.sources for train in trains]))


def _parts_of_h(share: ranks.Share):
    begin = 0
    for p in range(share.connectivity.parts):
        end = begin + share.connectivity.synapses_of(p)
        yield share.state.arrays.h[begin:end]
        begin = end
