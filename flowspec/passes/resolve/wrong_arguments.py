"""Arguments that an op does not have, and values without the name of an argument: what was probably meant."""

from __future__ import annotations

from flowspec.ops.base import Arg, Op
from flowspec.passes.resolve.session import Session
from flowspec.syntax.steps import Step
from flowspec.syntax.tree import Entry, Scalar, site

# Arguments that layers have in other libraries, and what takes their place here.
_ELSEWHERE = {
    "causal": "leave it out: the mask is derived from the order",
    "padding": "leave it out: kernels pad to the same size",
    "stride": "`{down: 2}` takes a stride, and `{up: 2}` goes back",
    "in_channels": "leave it out: what a layer reads says it",
    "num_layers": "repeat the step with `times: 2`",
    "layers": "repeat the step with `times: 2`",
    "bidirectional": "on an image write `along: diagonals, both: true`; along the order only one way is a density",
}


def refuse_word(op: type[Op], entry: Entry, options: list[str], session: Session) -> str | None:
    """Reports an argument that there is not; the one that was probably meant."""
    word, what, place = entry.key.text, f"argument of `{op.name}`", site(entry.key)
    values = op.arguments()[op.main].schema.get("enum", ()) if op.main is not None else ()
    helps = f"write `{op.name}: {word}`" if word in values else _ELSEWHERE.get(word)
    if helps is None:
        return session.unknown_name("FS201", what, word, options, place)
    session.report("FS201", f"there is no {what} called `{word}`", place, helps)
    return op.main if word in values else None


def unnamed(op: type[Op], step: Step) -> bool:
    """Whether a step gives a value where its op has arguments with names, or none."""
    return step.main is not None and op.main is None


def refuse_unnamed(op: type[Op], step: Step, session: Session) -> None:
    """Reports a value that stands where arguments have names."""
    declared = op.arguments()
    words = [*op.required(), *(word for word in ("net",) if word in declared)]
    value = step.main.text if isinstance(step.main, Scalar) else ""
    words = words or [word for word, found in declared.items() if value in found.schema.get("enum", ())]
    message, usage = f"`{op.name}` takes no value", f"write `{op.name}` alone"
    if words:
        form = f"{{{op.name}: {{{', '.join(f'{word}: {_example(declared[word], value)}' for word in words)}}}}}"
        message, usage = f"`{op.name}` takes its arguments by name", f"write `{form}`; see `flowspec explain {op.name}`"
    assert step.main is not None
    session.report("FS204", message, site(step.main), usage)


def _example(argument: Arg, value: str) -> str:
    """The value, if it is one of the argument's."""
    return value if value in argument.schema.get("enum", ()) else "..."


def usage(op: type[Op], word: str) -> str:
    """How an argument is written."""
    form = f"{{{op.name}: ...}}" if word == op.main else f"{{{op.name}: {{{word}: ...}}}}"
    return f"write `{form}`; see `flowspec explain {op.name}`"
