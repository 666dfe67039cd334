"""How long a piece of code computes: of this thread alone, and without what the rest of the test run leaves to collect."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def computing() -> Iterator[Callable[[], float]]:
    """Yields a function that gives the seconds of this thread so far."""
    gc.collect()
    gc.disable()
    start = time.thread_time()
    try:
        yield lambda: time.thread_time() - start
    finally:
        gc.enable()
