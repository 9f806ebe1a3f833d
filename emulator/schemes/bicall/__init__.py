"""BiCaLL on sparse networks of any size, under the update schemes.

`connectivity` says who reaches whom, `state` is what a network remembers, `event_driven` is the engine (with `rows`,
what the synapses of a row share, and `replay`, what happens to them at a visit), `time_driven` visits every synapse in
every tick, `compressed` shares what synapses of one neuron have in common. All three obey the tick contract of
docs/specification.md, and `emulator.rule.plain` is their reference model.
"""
