"""What a picture was asked for and cannot show."""

from __future__ import annotations


class ViewError(Exception):
    """A picture that there is not: a node without a mask, a place outside x. `help_text` says what there is."""

    def __init__(self, message: str, help_text: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help_text = help_text
