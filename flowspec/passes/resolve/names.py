"""Names that may reach source text."""

from __future__ import annotations

import keyword
import re

from flowspec.ops.registry import vocabulary
from flowspec.passes.resolve.session import Session, shortened
from flowspec.syntax.tree import Scalar, site

_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# What emitted code calls its modules and itself.
_SOURCE = frozenset({"torch", "nn", "math", "self"})
# What models, their methods and their modules are called: a definition, a part or a context of such a name would hide it.
_MODEL = frozenset(
    [
        "x",
        "z",
        "n",
        "order",
        "generator",
        "temperature",
        "observed",
        "mask",
        "projection",
        "seed",
        "draw",
        "outer_x",
        "log_det",
        "flow",
        "unflow",
        "theta",
        "log_prob",
        "sample",
        "encode",
        "decode",
        "terms",
        "conditionals",
        "bits_per_dim",
        "fisher_score",
        "initialize",
    ]
)
# What the methods of an emitted model assign and call: a context declared at the top is a parameter of theirs.
_BODY = frozenset(
    [
        "back",
        "block",
        "change",
        "full_precision",
        "layer",
        "log_base",
        "log_q",
        "one_hot",
        "parameters_last",
        "range",
        "reversed",
        "signed_unit",
        "skip",
        "step",
        "zip",
    ]
)
_MODULE = frozenset(
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
        "eval",
        "extra_repr",
        "float",
        "forward",
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
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "train",
        "training",
        "type",
        "xpu",
        "zero_grad",
    ]
)


def is_name(text: object) -> bool:
    """Whether a text is a lower-case identifier of at most 48 letters that Python has no meaning for."""
    return isinstance(text, str) and bool(_NAME.match(text)) and not keyword.iskeyword(text)


def legal_name(text: object) -> bool:
    """Whether a net, a block, a context or a part may have this name: it shadows nothing where it reaches source text."""
    return is_name(text) and text not in _MODEL and not _has_meaning(str(text))


def _has_meaning(text: str) -> bool:
    """Whether torch, a module or the emitted source means something by a word."""
    return text in _MODULE | _SOURCE


def check_name(key: Scalar, what: str, session: Session, article: str = "a", parameter: bool = False) -> bool:
    """Whether `key` may name a net, a block, a context or a part; reports it if not. A `parameter` of the methods of the
    emitted model may not be called what they use."""
    if legal_name(key.text) and not (parameter and key.text in _BODY):
        return True
    shown = shortened(key.text)
    if is_name(key.text) or keyword.iskeyword(key.text):
        session.report(
            "FS104",
            f"`{shown}` cannot name {article} {what}: it has a meaning in Python, torch or the emitted model",
            site(key),
            f"choose another name, such as `{shown}_1`",
        )
    else:
        session.report(
            "FS104",
            f"`{shown}` cannot name {article} {what}: it must be lower-case letters, digits and `_`, begin with a letter, "
            "and be no longer than 48",
            site(key),
            "choose another name",
        )
    return False


def check_value_name(key: Scalar, taken: frozenset[str], session: Session, what: str = "a value") -> bool:
    """Whether `key` may name a value or a step; `taken` are the names of contexts and nets there."""
    text = key.text
    if keyword.iskeyword(text):
        why, helps = "it is a word of Python", f"choose another name, such as `{text}_1`"
    elif not is_name(text):
        why, helps = "it must be lower-case letters, digits and `_`, and begin with a letter", "choose another name"
    elif text == "x":
        why, helps = "`x` is what the net reads", "choose another name"
    elif text in vocabulary("net"):
        why, helps = "it is an op", f"choose another name, such as `{text}_1`"
    elif _has_meaning(text):
        why, helps = "it has a meaning in torch or the emitted model", f"choose another name, such as `{text}_1`"
    elif text in taken:
        why, helps = "an input, a context or a net is called so", "choose another name"
    else:
        return True
    session.report("FS131", f"`{shortened(text)}` cannot name {what}: {why}", site(key), helps)
    return False


def check_variable(key: Scalar, session: Session) -> bool:
    """Whether `key` may name a variable, so that `$name` finds it; reports it if not."""
    if _VARIABLE.match(key.text):
        return True
    message = f"`{shortened(key.text)}` cannot name a variable: `$name` takes letters, digits and `_`"
    session.report("FS104", message, site(key), "choose another name")
    return False
