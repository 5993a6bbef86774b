"""What needs a library that the base install does not bring. The command line says how to get it without harm."""

from __future__ import annotations

from autoresearch.errors import UserError


class ExtraMissing(UserError):
    """An optional library is not installed: that of the extra `extra`.

    `looks_on` when what needs it only reads the ledger, so that another environment does as well.
    """

    def __init__(self, message: str, *, extra: str, looks_on: bool = True) -> None:
        super().__init__(message, fix=f"install 'autoresearch[{extra}]'")
        self.extra = extra
        self.looks_on = looks_on
