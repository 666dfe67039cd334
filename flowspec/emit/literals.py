"""Values of a plan as Python expressions."""

from __future__ import annotations

from flowspec.plan.code import Construct, Expr, Listed, Run, Value


def text_of(value: Value) -> str:
    """One value on one line."""
    if isinstance(value, Expr):
        return value.text
    if isinstance(value, Construct):
        arguments = [*map(text_of, value.args), *(f"{name}={text_of(v)}" for name, v in value.kwargs)]
        return f"{value.name}({', '.join(arguments)})"
    if isinstance(value, Listed):
        return f"nn.ModuleList({_runs(value.runs)})"
    if isinstance(value, tuple):
        return f"({', '.join(map(text_of, value))}{',' * (len(value) == 1)})"
    if isinstance(value, list):
        return f"[{', '.join(map(text_of, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{text_of(k)}: {text_of(v)}' for k, v in value.items())}}}"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _runs(runs: tuple[Run, ...]) -> str:
    if len(runs) == 1 and runs[0].count > 1:
        return f"[{_repeated(runs[0])}]"
    return f"[{', '.join(_run(run) for run in runs)}]"


def _run(run: Run) -> str:
    if run.count == 1:
        return ", ".join(map(text_of, run.items))
    return f"*[{_repeated(run)}]"


def _repeated(run: Run) -> str:
    """`Block() for _ in range(8)`, or `step for _ in range(4) for step in (A(), B())`."""
    if len(run.items) == 1:
        return f"{text_of(run.items[0])} for _ in range({run.count})"
    return f"module for _ in range({run.count}) for module in ({', '.join(map(text_of, run.items))})"
