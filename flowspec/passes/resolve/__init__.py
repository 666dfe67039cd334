"""Resolve: names, blocks and loops out of the way; from a positioned tree to a program."""

from __future__ import annotations

from flowspec.diagnostics import Finding
from flowspec.graph.model import Program
from flowspec.passes.resolve.naming import legal_name
from flowspec.passes.resolve.session import Session, TooManyStepsError, fingerprint
from flowspec.passes.resolve.top import resolve_top
from flowspec.syntax import Loader, Mapping, Node, SpecFile, site

__all__ = ["fingerprint", "resolve"]


def resolve(root: Node, file: SpecFile, loader: Loader) -> tuple[Program | None, tuple[Finding, ...]]:
    """The program of a document and everything wrong with it; the program is None when something is."""
    session = Session()
    if not isinstance(root, Mapping) or not root.entries:
        session.report(
            "FS106", "a spec is a mapping that begins with `flowspec: 1`", site(root), "see `flowspec new made`"
        )
        return None, tuple(session.findings)
    imports = _imports(root, file, loader, session)
    try:
        program = resolve_top(root, imports, session)
    except TooManyStepsError:
        program = None
    if any(f.severity == "error" for f in session.findings):
        program = None
    return program, tuple(session.findings)


def _imports(root: Mapping, file: SpecFile, loader: Loader, session: Session) -> dict[str, Mapping]:
    """The documents under `use`, by their local names."""
    entry = root.get("use")
    if entry is None:
        return {}
    if not isinstance(entry.value, Mapping):
        session.report(
            "FS203", "`use` is a mapping of names to files", site(entry.value), "write `use: {g: ./glow.yaml}`"
        )
        return {}
    found: dict[str, Mapping] = {}
    for item in entry.value.entries:
        if not legal_name(item.key.text):
            session.report(
                "FS104", f"`{item.key.text[:60]}` cannot name an import", site(item.key), "choose another name"
            )
            continue
        document = loader.use(item.value, file)
        if isinstance(document, Finding):
            session.add(document)
        elif isinstance(document.root, Mapping):
            found[item.key.text] = document.root
    return found
