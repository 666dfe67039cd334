"""Resolve: names, blocks and loops out of the way; from a positioned tree to a program."""

from __future__ import annotations

from flowspec.diagnostics import Finding
from flowspec.graph.model import Program
from flowspec.passes.resolve.session import Session, fingerprint
from flowspec.passes.resolve.top import resolve_top
from flowspec.syntax import Loader, Mapping, Node, Scalar, SpecFile, site

__all__ = ["fingerprint", "resolve"]


def resolve(root: Node, file: SpecFile, loader: Loader) -> tuple[Program | None, tuple[Finding, ...]]:
    """The program of a document and everything wrong with its names, arguments and references.

    A program that is not `whole` has stand-ins for what is wrong, so that later passes can judge the rest. None where
    there is nothing to judge.
    """
    session = Session()
    if not isinstance(root, Mapping) or not root.entries:
        if not (isinstance(root, Scalar) and root.bad):
            message = "a spec is a mapping that begins with `flowspec: 1`"
            session.report("FS106", message, site(root), "see `flowspec new made`")
        return None, tuple(session.findings)
    program = resolve_top(root, file, loader, session)
    return program, tuple(session.findings)
