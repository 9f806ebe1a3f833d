"""What a network remembers from one tick to the next."""

from dataclasses import dataclass, field

from bicall.emulator.rule.state import LayerState, LifState, SpikeTrain


@dataclass
class RunState:
    """The state after tick `tick`.

    Attributes:
        arithmetic: "float" or "fixed".
        seed: of the stochastic rounding; 32 bits.
        layers: the state of each population of neurons: a `LayerState` where it learns, else a `LifState`.
        recent: spikes of each population in the last ticks, as many as the longest delay: what may be under way.
            Populations that are missing were silent.
    """

    arithmetic: str
    seed: int
    tick: int
    layers: dict[str, LayerState | LifState]
    recent: dict[str, SpikeTrain] = field(default_factory=dict)

    @property
    def plastic_layers(self) -> dict[str, LayerState]:
        """The states of the populations that learn."""
        return {name: layer for name, layer in self.layers.items() if isinstance(layer, LayerState)}

    def advance(self, ticks: int) -> None:
        """Count on, where a loop has changed the arrays only."""
        self.tick += ticks
        for layer in self.plastic_layers.values():
            layer.tick = self.tick

    def reset(self) -> None:
        """Between two samples: all but h and the tick to 0; spikes under way are dropped."""
        self.recent = {}
        for layer in self.layers.values():
            layer.reset()

    def copy(self) -> "RunState":
        """With arrays of its own."""
        layers = {name: layer.copy() for name, layer in self.layers.items()}
        return RunState(self.arithmetic, self.seed, self.tick, layers, dict(self.recent))
