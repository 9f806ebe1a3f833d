from lava.magma.core.decorator import implements
from lava.magma.core.model.sub.model import AbstractSubProcessModel
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol

from bicall.lava_procs.build.layer import build_connection
from bicall.lava_procs.calcium_lif.process import CalciumLIF
from bicall.lava_procs.digits_network.process import DigitsNetwork
from bicall.lava_procs.image_input.process import ImageInput
from bicall.lava_procs.readout.process import Readout


@implements(proc=DigitsNetwork, protocol=LoihiProtocol)
class SubDigitsNetworkModel(AbstractSubProcessModel):
    """The processes of a digits network, connected; the arithmetic is chosen for each by the run config's tag."""

    def __init__(self, proc):
        network, active, labels = (proc.proc_params[name] for name in ("network", "active", "labels"))
        shape = network.state.y.shape
        shared = dict(
            description=network.description, seed=network.seed, reset_interval=proc.ticks, tick=network.state.tick
        )
        self.images = ImageInput(
            active=active,
            labels=labels,
            description=network.description,
            seed=network.seed,
            first_sample=proc.proc_params["first_sample"],
        )
        self.synapses = build_connection(network.state, learning=labels is not None, **shared)
        self.neurons = CalciumLIF(shape=shape, **shared)
        self.readout = Readout(shape=shape, ticks=proc.ticks, presentations=len(active))

        self.images.s_out.connect(self.synapses.s_in)
        self.images.a_out.connect(self.neurons.a_in)
        self.synapses.feed(self.neurons)
        self.neurons.s_out.connect(self.readout.s_in)
        self.neurons.s_out.connect(proc.s_out)

        for owner, names in (
            (self.synapses, ("h", "x")),
            (self.neurons, ("y", "s", "u", "v", "refractory")),
            (self.readout, ("counts", "predictions")),
        ):
            for name in names:
                getattr(proc, name).alias(getattr(owner, name))
