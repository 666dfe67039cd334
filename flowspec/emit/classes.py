"""Classes, methods and constants of a plan as lines of Python."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flowspec.emit.layout import WIDTH, lay_out
from flowspec.emit.literals import text_of
from flowspec.plan.code import Assign, Attribute, ClassPlan, Constant, Do, For, Method, Parameter, Return, Statement

_ROW = 20  # numbers of a long literal before its lines are filled


def constant_lines(constant: Constant) -> list[str]:
    """A constant with its comment; a long list of numbers fills its lines."""
    note = [f"# {constant.comment}"] if constant.comment else []
    value = constant.value
    if isinstance(value, list) and len(value) > _ROW:
        return [*note, "# fmt: off", f"{constant.name} = [", *_filled(value), "]", "# fmt: on"]
    return [*note, *lay_out(f"{constant.name} = {text_of(value)}", 0)]


def _filled(values: list[object]) -> Iterator[str]:
    line = "   "
    for value in values:
        piece = f" {text_of(value)},"
        if len(line) + len(piece) > WIDTH:
            yield line
            line = "   "
        line += piece
    yield line


def class_lines(plan: ClassPlan) -> list[str]:
    """One class."""
    lines = [f"class {plan.name}({', '.join(plan.bases)}):", f'    """{plan.doc}"""']
    if plan.fields:
        lines += ["", *(line for name, value in plan.fields for line in lay_out(f"{name} = {text_of(value)}", 4))]
    if plan.attributes or plan.arguments:
        lines += ["", *_constructor(plan)]
    for method in plan.methods:
        lines += ["", *method_lines(method)]
    return lines


def _constructor(plan: ClassPlan) -> Iterator[str]:
    parameters = "".join(f", {name}: int" for name in plan.parameters)
    yield f"    def __init__(self{parameters}) -> None:"
    arguments = [*map(text_of, plan.arguments), *(f"{name}={text_of(value)}" for name, value in plan.keywords)]
    yield from lay_out(f"super().__init__({', '.join(arguments)})", 8)
    for attribute in plan.attributes:
        yield from _attribute(attribute)


def _attribute(attribute: Attribute) -> list[str]:
    place = f"line {attribute.line}" + (" of a used file" if attribute.used else "")
    return lay_out(f"self.{attribute.name} = {text_of(attribute.value)}", 8, place if attribute.line else "")


def method_lines(method: Method) -> list[str]:
    """One method of a class."""
    parameters = ", ".join(["self", *map(_parameter, method.parameters)])
    lines = lay_out(f"def {method.name}({parameters}) -> {method.returns}:", 4)
    return [*lines, *statement_lines(method.body, 8)]


def _parameter(parameter: Parameter) -> str:
    kind = f": {parameter.type}" if parameter.type else ""
    return f"{parameter.name}{kind}" + (f" = {parameter.default}" if parameter.default else "")


def statement_lines(statements: Iterable[Statement], indent: int) -> list[str]:
    """Statements, each on the lines it takes."""
    lines: list[str] = []
    for statement in statements:
        match statement:
            case Assign(target, value, comment):
                lines += lay_out(f"{target} = {_open(value, indent + len(target) + 3)}", indent, comment)
            case Return(value, comment):
                lines += lay_out(f"return {_open(value, indent + 7)}", indent, comment)
            case For(target, items, body):
                lines += [*lay_out(f"for {target} in {items}:", indent), *statement_lines(body, indent + 4)]
            case Do(text):
                lines += lay_out(text, indent)
    return lines


def _open(value: str, before: int) -> str:
    """A sum that does not fit stands in parentheses, inside which it may be broken."""
    return f"({value})" if before + len(value) > WIDTH and " + " in value and not value.endswith("]") else value
