"""Text -> a class: an emitted module as a module of this process, without a file."""

from __future__ import annotations

import hashlib
import linecache
import sys
from types import ModuleType
from typing import Any


def load_class(text: str, name: str = "") -> type[Any]:
    """The model class of an emitted module; `name` is what an error calls it. The same text gives the same class.

    The module is registered in sys.modules, so that its classes can be copied and pickled in this process, and its
    lines are known to tracebacks. Executing it imports torch.

    Raises:
        ValueError: when the text holds no model.
    """
    key = f"flowspec_emitted_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    module = sys.modules.get(key) or _execute(key, text)
    found = [value for value in vars(module).values() if isinstance(value, type) and "SPEC_SHA256" in vars(value)]
    if len(found) != 1:
        raise ValueError(f"{name or 'the text'} holds {len(found)} models, expected one")
    return found[0]


def _execute(name: str, text: str) -> ModuleType:
    file = f"<{name}>"
    module = ModuleType(name)
    module.__file__ = file
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    sys.modules[name] = module
    try:
        exec(compile(text, file, "exec"), vars(module))
    except BaseException:
        del sys.modules[name]
        raise
    return module
