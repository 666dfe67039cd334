"""What goes wrong through no fault of ours: data, options, run directories."""

from __future__ import annotations

FAILED = 1
UNUSABLE = 2


class TrainError(Exception):
    """A user's mistake, or a run that cannot go on, as a value for the command line to print.

    `message` stands alone in one line, `help` proposes what to do (it may be empty), and `code` is the exit
    status: 1 when the work failed, 2 when a file cannot be read or a request makes no sense.
    """

    def __init__(self, message: str, help: str = "", code: int = UNUSABLE) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.code = code
