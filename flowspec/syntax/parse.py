"""The parser under the reader: a lazy stream of YAML events, and nothing above events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner


class PurePythonParser(Reader, Scanner, Parser):
    """PyYAML's own parser without its composer and constructor: nothing here can build an object."""

    def __init__(self, stream: str) -> None:
        Reader.__init__(self, stream)
        Scanner.__init__(self)
        Parser.__init__(self)


# libyaml's parser gives the same events and marks twenty times faster where PyYAML was built with it. Only its
# composer recurses; the parser keeps its states on the heap.
EventParser: Any = getattr(yaml.cyaml if yaml.__with_libyaml__ else yaml, "CParser", PurePythonParser)


def parse_events(text: str) -> Iterator[Any]:
    """The events of `text`, each parsed when it is asked for.

    Raises:
        yaml.MarkedYAMLError: while iterating, where the text stops being YAML.
    """
    parser = EventParser(text)
    try:
        while parser.check_event():
            yield parser.get_event()
    finally:
        parser.dispose()
