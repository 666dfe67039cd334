"""The command line: one file a command; each takes its streams and returns an exit code."""

from __future__ import annotations

from flowspec.cli.command import Command, main

__all__ = ["Command", "main"]
