"""Write graphs of snnTorch and Norse as they export them, with the spikes that they compute themselves.

Run in the peers' environment (requirements.txt beside this file): `python record.py FOLDER`. For each case FOLDER gets
CASE.nir, and CASE.npz with `inputs` bool[steps, samples, ...], `outputs` bool[steps, samples, ...], `dt` (seconds, the
step that the tool's export stands for) and `reset`.
"""

import sys
from pathlib import Path

import nir
import norse.torch as nt
import numpy as np
import snntorch as snn
import torch
from norse.torch.utils.export_nir import to_nir
from snntorch.export_nir import export_to_nir

STEPS, SAMPLES, INPUTS = 100, 4, 20
SNNTORCH_DT = 1e-4  # a constant of its export
NORSE_DT = 1e-3  # the step of its cells


def dense(inputs, outputs, mean):
    """A layer whose weights are mostly excitatory, so that neurons fire."""
    layer = torch.nn.Linear(inputs, outputs)
    torch.nn.init.normal_(layer.weight, mean, 0.1)
    torch.nn.init.uniform_(layer.bias, -0.02, 0.05)
    return layer


def neurons(kind, *shape, **options):
    """Neurons of snnTorch whose decays and thresholds differ: its export wants a value for each."""
    values = {"beta": 0.8 + 0.15 * torch.rand(shape), "threshold": 0.75 + 0.5 * torch.rand(shape)}
    if kind is snn.Synaptic:
        values["alpha"] = 0.6 + 0.2 * torch.rand(shape)
    return kind(**values, init_hidden=True, **options)


def of_snntorch(kind, **options):
    """Two layers of neurons, whose modules keep their states."""
    layers = [(INPUTS, 16, 0.02), (16, 10, 0.08)]
    return torch.nn.Sequential(
        *(each for pre, post, mean in layers for each in (dense(pre, post, mean), neurons(kind, post, **options)))
    )


def convolutional():
    """Two convolutions with a pool between."""
    options = {"reset_delay": False, "reset_mechanism": "subtract"}
    first, second = torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2)
    for layer in (first, second):
        torch.nn.init.normal_(layer.weight, 0.05, 0.15)
    return torch.nn.Sequential(
        first, neurons(snn.Leaky, 4, 8, 8, **options), torch.nn.AvgPool2d(2), second,
        neurons(snn.Leaky, 6, 2, 2, **options), torch.nn.Flatten(), dense(24, 10, 0.05),
        neurons(snn.Leaky, 10, **options),
    )  # fmt: skip


def of_norse(cell, low, high):
    """Two layers of Norse's cells at steps of 1 ms."""
    return nt.SequentialState(dense(INPUTS, 16, low), cell(), dense(16, 10, high), cell())


def from_snntorch(net, x):
    """The graph without the samples' dimension."""
    return export_to_nir(net, x, ignore_dims=[0])


def from_norse(net, x):
    """The graph without the samples' dimension.

    Norse multiplies time constants by the dt that its export is given: 1 gives seconds. It leaves out w_in, which is 1
    then, while its cells add a weight to the current as it is: w_in = tau_syn / dt.
    """
    graph = to_nir(net, x[0], dt=1.0)
    for node in graph.nodes.values():
        if isinstance(node, nir.CubaLIF):
            node.w_in = node.tau_syn / NORSE_DT
    return graph


def record(folder, name, net, shape, export, dt, reset):
    """Run a net on spikes at random and write all."""
    rng = np.random.default_rng(1)
    inputs = rng.random((STEPS, SAMPLES, *shape)) < 0.2
    state, outputs = None, []
    with torch.no_grad():
        for step in inputs:
            x = torch.tensor(step, dtype=torch.float32)
            if isinstance(net, nt.SequentialState):
                z, state = net(x, state)
            else:
                z = net(x)
            outputs.append(z.numpy() > 0)
    graph = export(net, torch.zeros(SAMPLES, *shape))  # runs the net once more
    nir.write(folder / f"{name}.nir", graph, compression=None)  # which single values cannot have
    np.savez_compressed(folder / f"{name}.npz", inputs=inputs, outputs=np.array(outputs), dt=dt, reset=reset)
    print(f"{name}: {np.mean(outputs):.3f} spikes a step and output")


def main() -> None:
    """All cases."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(1)
    for reset in ("zero", "subtract"):
        net = of_snntorch(snn.Leaky, reset_delay=False, reset_mechanism=reset)
        record(folder, f"snntorch-leaky-{reset}", net, (INPUTS,), from_snntorch, SNNTORCH_DT, reset)
    net = of_snntorch(snn.Synaptic, reset_delay=False, reset_mechanism="zero")
    record(folder, "snntorch-synaptic", net, (INPUTS,), from_snntorch, SNNTORCH_DT, "zero")
    net = of_snntorch(snn.Leaky, reset_mechanism="subtract")  # by default a reset takes effect in the next step
    record(folder, "snntorch-leaky-late-reset", net, (INPUTS,), from_snntorch, SNNTORCH_DT, "subtract")
    record(folder, "snntorch-convolution", convolutional(), (1, 8, 8), from_snntorch, SNNTORCH_DT, "subtract")
    net = of_norse(nt.LIFBoxCell, 0.6, 0.9)
    record(folder, "norse-lifbox", net, (INPUTS,), from_norse, NORSE_DT, "zero")
    record(folder, "norse-lif", of_norse(nt.LIFCell, 0.1, 0.15), (INPUTS,), from_norse, NORSE_DT, "zero")


if __name__ == "__main__":
    main()
