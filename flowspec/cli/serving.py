"""The page of `flowspec explore --watch`: served on the loopback interface alone, new whenever the file is saved."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from flowspec.cli.arguments import UsageError
from flowspec.cli.compiling import analyse
from flowspec.cli.streams import Streams
from flowspec.diagnostics.text import clean

LOOPBACK = "127.0.0.1"
HEADERS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))


def server_of(path: str, port: int) -> ThreadingHTTPServer:
    """A server of the page of the spec at `path`; `/version` changes whenever the file does, or one that it uses.

    Raises:
        UsageError: when there is no such file, or the port is taken.
    """
    if not Path(path).is_file():
        raise UsageError(f"there is no file `{path}`", "name the spec to watch")

    watched = _Watched(path)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Host", "").rpartition(":")[0] not in (LOOPBACK, "localhost"):
                self.send_error(403)  # another site's name that was made to point here
            elif self.path == "/version":
                self._answer(watched.version(), "text/plain")
            elif self.path == "/":
                self._answer(watched.page(), "text/html")
            else:
                self.send_error(404)

        def _answer(self, text: str, kind: str) -> None:
            body = text.encode("utf-8")
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            for name, value in HEADERS:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Requests are nobody's news."""

    try:
        return ThreadingHTTPServer((LOOPBACK, port), Handler)
    except OSError as error:
        raise UsageError(f"cannot serve on port {port}: {error.strerror}", "choose another with `--port`") from error


def serve(path: str, port: int, streams: Streams) -> int:
    """Serve until interrupted."""
    server = server_of(path, port)
    streams.stderr.write(f"{clean(path)} at http://{LOOPBACK}:{server.server_address[1]}/ (Ctrl-C ends it)\n")
    streams.stderr.flush()
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        return 0
    finally:
        server.server_close()
    return 0


class _Watched:
    """A spec with the files that it uses, as of the last time that its page was made."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.files = [path]

    def version(self) -> str:
        """Changes when one of the files does."""
        return " ".join(_state(file) for file in self.files)

    def page(self) -> str:
        """The page, marked with the version of what it was made of."""
        from flowspec.cli.explore import page_of

        seen = {file: _state(file) for file in self.files}  # before it is read: a change in between is then seen
        report: Any = analyse(self.path)
        self.files = list(dict.fromkeys([self.path, *report.sources]))
        return page_of(report, " ".join(seen.get(file) or _state(file) for file in self.files))


def _state(path: str) -> str:
    try:
        found = Path(path).stat()
    except OSError:
        return "gone"
    return f"{found.st_mtime_ns}-{found.st_size}"
