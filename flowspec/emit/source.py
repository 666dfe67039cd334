"""The text of an emitted module: header, imports, the runtime it uses, constants, classes."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from flowspec.emit.classes import class_lines, constant_lines
from flowspec.plan import Plan
from flowspec.plan.runtime import mentions, needed

_STANDARD = ("hashlib", "math", "warnings")


def source(plan: Plan, link: bool = False) -> str:
    """The module as text: it needs torch alone (with an adaptive ODE solver also torchdiffeq), or with `link` also
    flowspec's runtime.

    The same plan gives the same bytes. Both forms have the same classes and, on one machine and torch, equal results.
    """
    constants = [constant_lines(constant) for constant in plan.constants]
    classes = ["\n".join(class_lines(found)) for found in plan.classes]
    own = "\n\n\n".join([*(["\n".join(line for lines in constants for line in lines)] if constants else []), *classes])
    runtime = needed(mentions(ast.parse(own)))
    copied = [] if link else runtime
    body = [own] if link else [*(found.text for found in runtime), own]
    used = mentions(ast.parse("\n\n\n".join(body)))
    direct = sorted({found.name for found in runtime} & mentions(ast.parse(own)))
    packages = sorted({package for found in runtime for package in found.packages})
    head = f"{_header(plan, ['torch', *packages, *(['flowspec'] if link else [])])}\n\n{_imports(used, direct if link else [])}"
    sections = [own]
    if copied:
        sections = [_section("what the model is made of, from flowspec's runtime"), *(found.text for found in copied)]
        sections += [_section("the model"), own]
    gap = "\n\n\n" if sections[0].startswith("class") else "\n\n"
    return f"{head}{gap}" + "\n\n\n".join(sections) + "\n"


def _header(plan: Plan, packages: list[str]) -> str:
    needs = " and ".join([", ".join(packages[:-1]), packages[-1]] if len(packages) > 1 else packages)
    return "\n".join(
        [
            f'"""{plan.summary}',
            "",
            f"Written by flowspec {plan.version} from the spec `{plan.name}`, to which the line numbers refer. Needs {needs}.",
            f"sha256 of the spec: {plan.sha256}",
            '"""',
        ]
    )


def _imports(used: Iterable[str], linked: list[str]) -> str:
    names = set(used)
    standard = [f"import {name}" for name in _STANDARD if name in names]
    torch = ["import torch", "from torch import nn"] + (
        ["from torch.nn import functional as F"] if "F" in names else []
    )
    groups = [["from __future__ import annotations"], standard, torch]
    if linked:
        groups.append(_from_runtime(linked))
    return "\n\n".join("\n".join(group) for group in groups if group)


def _from_runtime(names: list[str]) -> list[str]:
    line = f"from flowspec.runtime import {', '.join(names)}"
    if len(line) <= 120:
        return [line]
    return ["from flowspec.runtime import (", *(f"    {name}," for name in names), ")"]


def _section(title: str) -> str:
    return f"# --- {title} {'-' * (113 - len(title))}"
