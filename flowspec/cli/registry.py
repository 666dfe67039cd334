"""Every command of flowspec, in the order in which `flowspec --help` lists them."""

from __future__ import annotations

import argparse
from typing import Protocol

from flowspec.cli import (
    attribute,
    build,
    check,
    decode,
    density,
    encode,
    eval,
    explain,
    explore,
    field,
    graph,
    mask,
    ops,
    order,
    sample,
    schema,
    train,
    verify,
)
from flowspec.cli.streams import Streams


class CommandModule(Protocol):
    """What a file of this folder that holds a command offers.

    A module imports what is heavy (torch above all) inside `run`: all of them are loaded on every call.
    """

    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments."""

    def run(self, args: argparse.Namespace, streams: Streams) -> int:
        """Obey, and return the exit code: 0 clean, 1 errors, 2 unreadable file."""


COMMANDS: tuple[CommandModule, ...] = (
    check,
    build,
    mask,
    field,
    order,
    graph,
    explore,
    verify,
    train,
    eval,
    sample,
    encode,
    decode,
    attribute,
    density,
    explain,
    ops,
    schema,
)
