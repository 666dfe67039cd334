"""Names that reach source text: safe whatever the spec says, and unique where they stand."""

from __future__ import annotations

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Iterable

NAME = re.compile(r"[a-z][a-z0-9_]{0,47}\Z", re.ASCII)
_SKIP = re.compile(r"skip_[0-9]+\Z", re.ASCII)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+")

# Attributes that nn.Module has, and those that the densities and models of the runtime set or define.
MODULE_NAMES = frozenset(
    {
        "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "compile",
        "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer",
        "get_extra_state", "get_parameter", "get_submodule", "half", "ipu", "load_state_dict", "modules",
        "mtia", "named_buffers", "named_children", "named_modules", "named_parameters", "parameters",
        "register_backward_hook", "register_buffer", "register_forward_hook", "register_forward_pre_hook",
        "register_full_backward_hook", "register_full_backward_pre_hook", "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook", "register_module", "register_parameter",
        "register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_", "set_extra_state",
        "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train", "training", "type", "xpu",
        "zero_grad",
    }
)  # fmt: skip
MODEL_NAMES = frozenset(
    {
        "admit", "admit_context", "admit_given", "admit_observed", "admit_value", "before", "bits_per_dim", "boxes",
        "check_observed", "conditionals", "decode", "draw", "encode", "evidence", "family", "fisher_score", "flow",
        "free", "index", "initialize", "inverse", "level_of", "levels", "like",
        "log_prob", "of_order", "orders", "part_shapes", "reach", "reset_buffers", "reset_parameters", "sample", "shape",
        "terms", "theta", "unflow", "uniform", "decoders", "latent", "middle", "possible", "rsample", "scored",
    }
)  # fmt: skip
# Names that emitted methods use for themselves; what a loop reads of lists is `skip`, `skip_2`, and so on.
LOCAL_NAMES = frozenset(
    {
        "self", "torch", "nn", "math", "hashlib", "n", "draw", "order", "log_det", "log_base", "log_q", "change", "step",
        "block", "layer", "skip", "generator", "back", "full_precision", "one_hot", "parameters_last", "signed_unit",
    }
)  # fmt: skip


def word_of(text: str) -> str:
    """A name as an identifier in lower case; empty where it cannot be one."""
    word = text.lower()
    return word if NAME.match(word) else ""


def is_taken(word: str) -> bool:
    """Whether Python means something by a word."""
    return keyword.iskeyword(word) or keyword.issoftkeyword(word) or hasattr(builtins, word)


def local(text: str, fallback: str) -> str:
    """A name for a variable or parameter."""
    word = word_of(text) or fallback
    return f"{word}_" if is_taken(word) or _SKIP.sub("skip", word) in LOCAL_NAMES else word


def member(text: str, fallback: str) -> str:
    """A name for an attribute of a module."""
    word = word_of(text) or fallback
    return f"{word}_" if keyword.iskeyword(word) or word in MODULE_NAMES | MODEL_NAMES else word


def unit(text: str, fallback: str) -> str:
    """A name for an attribute that holds a step or a block of a flow: classes of blocks have a method `back`."""
    word = member(text, fallback)
    return f"{word}_" if word == "back" else word


def camel(text: str) -> str:
    """`made_mnist` as `MadeMnist`."""
    return "".join(part[:1].upper() + part[1:] for part in text.split("_"))


def last_word(class_name: str) -> str:
    """What a layer is called after its class: `MaskedConv` and `nn.Conv2d` are a conv."""
    words = _WORDS.findall(class_name.rpartition(".")[2])
    found = [w for w in words if len(w) > 1]
    return str((found or words)[-1]).lower()


def plural(word: str) -> str:
    """The name of a list of such things."""
    return word if word.endswith("s") else f"{word}s"


def numbered(bases: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Unique names: a base that occurs once stays as it is, others get `_1`, `_2`, ..."""
    wanted = list(bases)
    count, seen, used = Counter(wanted), Counter[str](), set(taken)
    names = []
    for base in wanted:
        name = base
        while count[base] > 1 or name in used:
            seen[base] += 1
            name = f"{base}_{seen[base]}"
            if name not in used and name not in count:
                break
        used.add(name)
        names.append(name)
    return names


class Namer:
    """Hands out names that are not taken yet."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def fresh(self, want: str) -> str:
        """`want`, or `want` with the first free number from 2."""
        name, k = want, 1
        while name in self.taken:
            k += 1
            name = f"{want}_{k}" if want.islower() else f"{want}{k}"
        self.taken.add(name)
        return name
