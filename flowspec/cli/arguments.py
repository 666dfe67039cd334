"""Parsing of arguments: argparse with messages of our own, which name what is legal and guess what was meant."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from flowspec.cli.streams import Streams
from flowspec.diagnostics import suggest
from flowspec.diagnostics.render import color_wanted
from flowspec.diagnostics.render.color import ColorChoice

COLORS: tuple[ColorChoice, ...] = ("auto", "always", "never")


class UsageError(Exception):
    """A command line that cannot be obeyed: exit code 2. `help_text` proposes what to do."""

    def __init__(self, message: str, help_text: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help_text = help_text


class HelpWanted(Exception):  # noqa: N818 - not an error
    """Somebody asked for help; the text goes to stdout and the exit code is 0."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of leaving the process or writing to its streams."""

    def __init__(self, prog: str, description: str, width: int) -> None:
        super().__init__(prog, description=description, allow_abbrev=False, formatter_class=_formatter(width))
        self.color = False  # of Python's own help texts, from 3.14 on

    def parse(self, args: Sequence[str]) -> argparse.Namespace:
        """Parse all of `args`.

        Raises:
            UsageError: when they are not legal.
            HelpWanted: when they ask for help.
        """
        parsed, extra = self.parse_known_args(args)
        if extra:
            raise self._unknown(extra[0])
        return parsed

    def print_help(self, file: Any = None) -> NoReturn:
        raise HelpWanted(self.format_help())

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"`{self.prog} --help` shows what is legal")

    def _unknown(self, word: str) -> UsageError:
        if not word.startswith("-"):
            return UsageError(f"`{self.prog}` does not take `{word}`", f"`{self.prog} --help` shows what it takes")
        name = word.partition("=")[0]
        options = [option for option in self._option_string_actions if option.startswith("--")]
        guess = suggest(name, options)
        help_text = f"did you mean `{guess}`?" if guess else f"`{self.prog} --help` lists the options"
        return UsageError(f"`{self.prog}` has no option `{name}`", help_text)


def _formatter(width: int) -> Any:
    return lambda prog: argparse.HelpFormatter(prog, width=min(width, 100))


def one_of(kind: str, options: Sequence[str]) -> Callable[[str], str]:
    """A `type` for add_argument: one of some words, with a did-you-mean."""

    def parse(text: str) -> str:
        if text in options:
            return text
        guess = suggest(text, options)
        hint = f"did you mean `{guess}`?" if guess else f"there are {', '.join(options)}"
        raise argparse.ArgumentTypeError(f"there is no {kind} `{text}`; {hint}")

    return parse


def add_choice(
    parser: argparse.ArgumentParser, flag: str, options: Sequence[str], help_text: str, **kwargs: Any
) -> None:
    """Add an option that takes one of some words."""
    shown = "|".join(options)
    parser.add_argument(flag, type=one_of(flag.lstrip("-"), options), metavar=shown, help=help_text, **kwargs)


def add_color(parser: argparse.ArgumentParser) -> None:
    """Add --color, which every command with findings has."""
    add_choice(parser, "--color", COLORS, "when to use colours (default: auto)", default="auto")


def wants_color(args: argparse.Namespace, streams: Streams) -> bool:
    """Whether to colour stdout: --color, then NO_COLOR, then FORCE_COLOR, then the terminal."""
    return color_wanted(args.color, streams.environ, streams.stdout.isatty())
