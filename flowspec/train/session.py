"""From a built model and a request to a job: what the command line calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from flowspec.train import metrics
from flowspec.train.compute import Compute, Feed, limits
from flowspec.train.data import Data, Split, load, load_rows
from flowspec.train.errors import TrainError
from flowspec.train.loop import Job
from flowspec.train.metrics import Score
from flowspec.train.options import Options
from flowspec.train.request import Request
from flowspec.train.run import Run
from flowspec.train.traits import Traits

PREPARATIONS = (
    "columns",
    "binarize",
    "standardize",
    "quantize",
    "mu_law",
    "patches",
    "stride",
    "noise",
)  # what a `train` section may say about the data

PLACES = ("source", "key", "valid")  # where data is: it may move while a run rests, its numbers are compared


@dataclass(frozen=True, slots=True, eq=False)
class Spec:
    """A built model: its class, the path that messages name, and the texts a run keeps (spec.yaml, model.py)."""

    model: type[nn.Module]
    path: str
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """The best model of a run, on its device, in eval mode; `step` is when it was saved."""

    model: nn.Module
    traits: Traits
    compute: Compute
    run: Run
    step: int


def defaults(section: Mapping[str, Any], request: Request) -> tuple[Options, Request]:
    """What a spec's `train` section says: its options, and the request with the preparations that are not set in it.

    Raises TrainError for entries that do not exist or have a wrong type.
    """
    told = {name: section[name] for name in PREPARATIONS if name in section}
    for name, value in told.items():
        told[name] = _preparation(name, value)
    unset = {name: value for name, value in told.items() if not getattr(request, name)}
    rest = {name: value for name, value in section.items() if name not in PREPARATIONS}
    return Options().updated(rest, "the spec's `train`"), replace(request, **unset)


def _preparation(name: str, value: Any) -> Any:
    if name == "columns" and isinstance(value, list | tuple):
        return tuple(str(column) for column in value)
    if name == "stride" and type(value) is int:
        return value
    if name == "noise" and (widths := _widths(value)):
        return widths
    if name not in ("columns", "stride", "noise") and isinstance(value, bool):
        return value
    wanted = {"columns": "a list of columns", "stride": "an integer", "noise": "a width or a list of widths"}.get(
        name, "true or false"
    )
    raise TrainError(f"the spec's `train` sets `{name}` to {value!r}; it must be {wanted}")


def _widths(value: Any) -> tuple[float, ...]:
    """A number or a list of numbers as floats; nothing for anything else."""
    numbers = value if isinstance(value, list | tuple) else [value]
    legal = all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers)
    return tuple(float(n) for n in numbers) if legal else ()


def begin(spec: Spec, request: Request, options: Options, device: torch.device, out: Path) -> Job:
    """A new run in the folder `out`; data is read and checked before the folder is made."""
    traits = Traits.of(spec.model)
    compute = Compute(device, options.precision)
    Run.vacant(out)
    if options.orders == "all" and traits.orders == 1:
        raise TrainError(
            "the option `orders` is 'all', and the model has one order",
            "drop it, or declare an ensemble: `order: {random: K}`",
        )
    data = load(request, traits, options.wide)
    model = _built(spec, options, compute)
    record = {"options": options.as_json(), "data": _data_record(request, data)}
    run = Run.create(out, traits, spec.texts, record)
    if data.standard is not None:
        run.save_standard(data.standard)
    return Job(model, traits, data, options, compute, run)


def go_on(
    spec: Spec,
    changes: Mapping[str, Any],
    source: str | None,
    device: torch.device,
    out: Path,
    told: Mapping[str, Any] = MappingProxyType({}),
) -> Job:
    """The run in `out`, to be resumed with some options changed; `source` is where its data is now, if that moved, and
    `told` what else is said of the data, by the names of `Request`.

    Raises TrainError when the spec, the data, how it is prepared or an option that cannot change differs.
    """
    run, traits = Run.open(out), Traits.of(spec.model)
    run.fits(traits, spec.path)
    run.same_texts(spec.texts)
    options = run.options.resumed(changes)
    compute = Compute(device, options.precision)
    places = {name: value for name, value in {**told, "source": source}.items() if name in PLACES and value}
    request = replace(run.request, **places)
    _same_preparations(run, told)
    data = load(request, traits, options.wide)
    run.same_data(data)
    return Job(_built(spec, options, compute), traits, data, options, compute, run)


def _same_preparations(run: Run, told: Mapping[str, Any]) -> None:
    """TrainError where the data would be prepared in another way than that of the first part of the run."""
    for name, value in told.items():
        if name not in PLACES and value != getattr(run.request, name):
            raise TrainError(
                f"a run that is resumed keeps how its data were prepared: --{name.replace('_', '-')} was not so",
                "drop it, or start another run with another --out",
            )


def reopen(run: Run, spec: Spec, device: torch.device) -> Trained:
    """The best model of a run; TrainError when the run was trained from another spec."""
    traits, options = Traits.of(spec.model), run.options
    run.fits(traits, spec.path)
    compute = Compute(device, options.precision)
    model = _built(spec, options, compute)
    step = run.load_best(model, traits, spec.path)
    return Trained(model.eval(), traits, compute, run, step)


def untrained(trained: Trained, spec: Spec) -> Trained:
    """The model of a run with the weights that its training began with, in eval mode; steps that start from data have not
    done so."""
    model = _built(spec, trained.run.options, trained.compute)
    return replace(trained, model=model.eval(), step=0)


def evaluate(trained: Trained, split: str, request: Request | None = None, batch: int | None = None) -> Score:
    """The score on a split of the data of the run, or of other data, prepared as the run prepared its own."""
    run, options = trained.run, trained.run.options
    if request is None:
        data = load(run.request, trained.traits, options.wide)
        run.same_data(data)
    else:
        data = load_rows(request, trained.traits, split, run.load_standard(), options.wide, run.medium)
    size = batch or options.batch
    with limits(size):
        feed = Feed(data.split(split), trained.traits, trained.compute)
        log_p = metrics.log_probs(trained.model, feed, trained.compute, size)
    log_det = data.standard.log_det if data.standard else 0.0
    return metrics.score(split, log_p, trained.traits, log_det, run.request.noise)


def shown_rows(trained: Trained, source: str | None) -> Split:
    """Rows to look at: all of another source, or the test split (else valid) of the data that the run was trained on,
    prepared as the run prepared its own."""
    run, traits, wide = trained.run, trained.traits, trained.run.options.wide
    if source is None:
        data = load(run.request, traits, wide)
        run.same_data(data)
        return data.splits.get("test", data.splits["valid"])
    request = replace(run.request, source=source, key=None, valid=None)
    return load_rows(request, traits, "test", run.load_standard(), wide, run.medium).split("test")


def _built(spec: Spec, options: Options, compute: Compute) -> nn.Module:
    """The model with the initial weights of the seed."""
    torch.manual_seed(options.seed)
    return spec.model().to(compute.device, compute.dtype)


def _data_record(request: Request, data: Data) -> dict[str, Any]:
    rows = {name: len(split) for name, split in data.splits.items()}
    medium = data.medium.as_json() if data.medium is not None else None
    return {
        "request": request.as_json(),
        "rows": rows,
        "fingerprints": data.fingerprints(),
        "notes": list(data.notes),
        "medium": medium,
    }
