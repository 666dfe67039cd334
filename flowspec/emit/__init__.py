"""Plan -> Python text, and text -> a class."""

from flowspec.emit.load import load_class
from flowspec.emit.source import source

__all__ = ["load_class", "source"]
