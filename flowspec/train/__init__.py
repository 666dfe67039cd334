"""Training, evaluation and sampling of built modules: data, loop, checkpoints, metrics, pictures."""

from __future__ import annotations

from flowspec.train.attribute import Attribute, Wish, along, attribute, direction_of
from flowspec.train.between import Between, between
from flowspec.train.codes import Codes, decode, encode
from flowspec.train.compute import Compute, device
from flowspec.train.counting import Counter
from flowspec.train.data import Data, Split, load, load_rows
from flowspec.train.density import Densities, Frame, densities
from flowspec.train.density_plot import write_plot
from flowspec.train.density_text import density_figures, density_text
from flowspec.train.errors import TrainError
from flowspec.train.grid import Grid, corners
from flowspec.train.inpaint import Completed, complete, evidence, prompt
from flowspec.train.loop import FINISHED, INTERRUPTED, STOPPED, Job, Outcome, train
from flowspec.train.metrics import Score
from flowspec.train.options import Options
from flowspec.train.progress import Bar, Lines, Progress, Quiet
from flowspec.train.request import Request
from flowspec.train.run import Run
from flowspec.train.samples import Samples, sample
from flowspec.train.session import Spec, Trained, begin, defaults, evaluate, go_on, reopen, untrained
from flowspec.train.stop import Interrupt
from flowspec.train.traits import Traits

__all__ = [
    "FINISHED",
    "INTERRUPTED",
    "STOPPED",
    "Attribute",
    "Bar",
    "Between",
    "Codes",
    "Completed",
    "Compute",
    "Counter",
    "Data",
    "Densities",
    "Frame",
    "Grid",
    "Interrupt",
    "Job",
    "Lines",
    "Options",
    "Outcome",
    "Progress",
    "Quiet",
    "Request",
    "Run",
    "Samples",
    "Score",
    "Spec",
    "Split",
    "TrainError",
    "Trained",
    "Traits",
    "Wish",
    "along",
    "attribute",
    "begin",
    "between",
    "complete",
    "corners",
    "decode",
    "defaults",
    "densities",
    "density_figures",
    "density_text",
    "device",
    "direction_of",
    "encode",
    "evaluate",
    "evidence",
    "go_on",
    "load",
    "load_rows",
    "prompt",
    "reopen",
    "sample",
    "train",
    "untrained",
    "write_plot",
]
