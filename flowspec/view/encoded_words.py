"""What is said of fields behind an encoder. z is drawn and not computed: it depends on x by what it is drawn from."""

from __future__ import annotations

from collections.abc import Iterator

from flowspec.view.field import Encoded, Field
from flowspec.view.words import many

BECOMES = "latent"


def encoded_title(field: Field) -> str:
    """What the picture is of, behind the name by which it is chosen."""
    about = _about(field)
    if about.role == "read":
        what = f"who uses {about.name}" if field.back else f"what of z is used for {about.name}"
        return f"{field.names[0]}: {what}"
    if about.role == BECOMES and not field.back:
        return f"{'z' if field.names == ('z',) else f'behind {field.names[0]}'}: what {about.name} becomes"
    if about.role == BECOMES:
        return f"z: what depends on {about.name} behind the steps that follow the encoder"
    return (
        f"{field.names[0]}: which z depend on {about.name}"
        if field.back
        else f"{field.names[0]}: {about.name}, as it is drawn"
    )


def encoded_facts(field: Field) -> Iterator[str]:
    """How many of them there are, and of what kind the dependence is."""
    about = _about(field)
    if field.seen is None:
        yield f"{about.name}: there are too many variables to follow one by one"
        return
    seen, size = int(field.seen.sum()), field.grid.size
    yield from _read(field, about, seen, size) if about.role == "read" else _latent(field, about, seen, size)
    if about.idle:
        steps = "step behind the encoder adds" if about.idle == 1 else f"{about.idle:,} steps behind the encoder add"
        yield f"the {steps} nothing to this"


def encoded_whole(field: Field) -> Iterator[str]:
    """The pairs of all entries and variables together."""
    about = _about(field)
    if about.possible and field.seen is not None:
        what = (
            "pairs of a variable and an entry of z that it uses"
            if about.role == "read"
            else "pairs of an entry of z and a variable"
        )
        yield f"all together: {about.pairs:,} of {about.possible:,} {what}"


def _latent(field: Field, about: Encoded, seen: int, size: int) -> Iterator[str]:
    noise = "with the noise of the draw held fixed"
    if field.back:
        yield f"{noise} {seen:,} of {_entries(size)} depend on {about.name}, through {_posterior(field)}"
    elif about.role == BECOMES:
        yield f"{noise} what {about.name} becomes depends on {seen:,} of {_variables(field, size)}"
    else:
        yield f"{about.name} is drawn from {_posterior(field)}: {noise} it depends on {seen:,} of {_variables(field, size)}"
        yield from _law(about.law)


def _law(law: str) -> Iterator[str]:
    if law == "flow":
        yield "they enter by the nets of the posterior's base and of its steps"
    elif law:
        yield f"they are what the parameters of its {law} are computed from"


def _read(field: Field, about: Encoded, seen: int, size: int) -> Iterator[str]:
    """A decoder that is a flow, or draws one variable after the other, uses z in every draw."""
    means = {"flow": "a draw", "autoregressive": "the conditional"}.get(about.law, f"the {about.law}")
    if field.back:
        yield f"{about.name} is used for {seen:,} of {_variables(field, size)} by {_likelihood(field)}"
    elif seen == 0:
        yield f"{_likelihood(field)} uses no entry of z for {about.name}"
    else:
        yield f"{means} of {about.name} in {_likelihood(field)} uses {seen:,} of {_entries(size)}"
    if about.law == "autoregressive" and not field.back:
        yield "besides them it reads the variables before it in its order"


def _posterior(field: Field) -> str:
    """What z is drawn from; behind another encoder what comes in is not x."""
    return "q(z | x)" if _about(field).direct else f"the posterior of {_about(field).encoder}"


def _likelihood(field: Field) -> str:
    return "p(x | z)" if _about(field).direct else field.names[0].removesuffix(".z")


def _variables(field: Field, size: int) -> str:
    return many(size, "variable") + (" of x" if field.of == "x" else " of what the encoder reads")


def _entries(size: int) -> str:
    return f"{size:,} {'entry' if size == 1 else 'entries'} of z"


def _about(field: Field) -> Encoded:
    assert field.encoded is not None
    return field.encoded
