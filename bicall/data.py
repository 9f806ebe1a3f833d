"""Data of one's own, and sets with names: `load` gives splits of samples with labels and class names."""

from bicall.emulator.data.load import load
from bicall.emulator.data.moving_edges import moving_edges
from bicall.emulator.data.moving_pictures import moving_pictures
from bicall.emulator.data.recordings import Events, Recordings
from bicall.emulator.data.samples import Data, Split, stratified

__all__ = ["Data", "Events", "Recordings", "Split", "load", "moving_edges", "moving_pictures", "stratified"]
