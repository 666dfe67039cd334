"""`flowspec schema`: the JSON Schema of the language, for editors."""

from __future__ import annotations

import argparse
import json

from flowspec.cli.streams import Streams

NAME = "schema"
HELP = "print the JSON Schema of specs, for editors"


def add_arguments(_: argparse.ArgumentParser) -> None:
    """Declare the arguments of schema: it has none."""


def run(_: argparse.Namespace, streams: Streams) -> int:
    """Print the schema."""
    from flowspec.cli.language import language

    streams.stdout.write(json.dumps(language(), indent=2) + "\n")
    return 0
