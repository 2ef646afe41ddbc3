"""What is wrong with a protocol file: all of it at once, each with its line and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable

from app.yaml_files import Mistake


class ProtocolErrors(ValueError):
    """The protocol file cannot be used; `errors` lists everything that must be mended."""

    def __init__(self, errors: Iterable[Mistake]) -> None:
        self.errors = tuple(sorted(set(errors)))
        count = len(self.errors)
        head = f"The protocol has {count} error{'' if count == 1 else 's'}:"
        super().__init__("\n".join([head, *(f"  {error}" for error in self.errors)]))
