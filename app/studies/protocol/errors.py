"""What is wrong with a protocol file: all of it at once, each with its line and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class ProtocolError:
    """One thing to mend in the file; `line` counts from 1, `where` is the place in words."""

    line: int
    where: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = f"line {self.line}, {self.where}" if self.where else f"line {self.line}"
        end = "" if self.remedy.endswith("?") else "."
        return f"{place}: {self.message}. {self.remedy}{end}"


class ProtocolErrors(ValueError):
    """The protocol file cannot be used; `errors` lists everything that must be mended."""

    def __init__(self, errors: Iterable[ProtocolError]) -> None:
        self.errors = tuple(sorted(set(errors)))
        count = len(self.errors)
        head = f"The protocol has {count} error{'' if count == 1 else 's'}:"
        super().__init__("\n".join([head, *(f"  {error}" for error in self.errors)]))
