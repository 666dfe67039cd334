"""How much of a file is read: the bounds that keep a hostile spec cheap to refuse."""

from __future__ import annotations

MAX_BYTES = 256 * 1024  # of one file, as UTF-8
MAX_DEPTH = 32  # collections inside one another
MAX_NODES = 50_000  # scalars and collections, each alias counted as everything that it stands for
MAX_FILES = 64  # behind one spec
MAX_NUMBER = 2**63  # no integer of a spec, written or computed, is larger
