"""Names that may reach source text."""

from __future__ import annotations

import keyword
import re
from typing import Any

from flowspec.passes.resolve.session import Session
from flowspec.syntax.tree import Entry, site

NAME = re.compile(r"[a-z][a-z0-9_]{0,47}\Z")
RESERVED = frozenset(
    {
        "x",
        "z",
        "n",
        "order",
        "generator",
        "draw",
        "torch",
        "nn",
        "math",
        "self",
        "forward",
        "train",
        "eval",
        "print",
        "type",
    }
)
MODULE_NAMES = frozenset(
    [
        "add_module",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "extra_repr",
        "float",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "ipu",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "register_buffer",
        "register_module",
        "register_parameter",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "training",
        "type",
        "xpu",
        "zero_grad",
        "log_prob",
        "sample",
        "encode",
        "decode",
        "terms",
        "conditionals",
        "bits_per_dim",
        "initialize",
        "flow",
        "unflow",
        "theta",
    ]
)


def legal_name(text: Any) -> bool:
    """Whether a name may reach source text: it matches the pattern and shadows nothing."""
    return (
        isinstance(text, str)
        and bool(NAME.match(text))
        and not keyword.iskeyword(text)
        and text not in RESERVED | MODULE_NAMES
    )


def check_defined(entry: Entry, what: str, session: Session) -> bool:
    """Whether a definition may have its name; reports it if not."""
    if legal_name(entry.key.text):
        return True
    session.report(
        "FS104",
        f"`{entry.key.text[:60]}` cannot name a {what}: it must match [a-z][a-z0-9_]* and shadow nothing of Python, torch or the model",
        site(entry.key),
        "choose another name",
    )
    return False
