"""What a file holds: plain values that remember where they stood, however wrong the file may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

Path = tuple[str | int, ...]


class Position(NamedTuple):
    """Where in the file, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing to mend in a file; `where` is the place in words."""

    line: int
    where: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = f"line {self.line}, {self.where}" if self.where else f"line {self.line}"
        end = "" if self.remedy.endswith("?") else "."
        return f"{place}: {self.message}. {self.remedy}{end}"


@dataclass(frozen=True)
class Document:
    """A file as plain values. Checks ask for the type they need, and get None where the file holds something else."""

    data: object
    places: Mapping[Path, Position]
    mistakes: tuple[Mistake, ...] = ()

    def get(self, *path: str | int) -> object:
        value = self.data
        for step in path:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def text(self, *path: str | int) -> str | None:
        value = self.get(*path)
        return value if isinstance(value, str) and value.strip() else None

    def whole(self, *path: str | int) -> int | None:
        value = self.get(*path)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def children(self, *path: str | int) -> list[Path]:
        """The paths one step further: keys of a mapping, positions of a list, otherwise nothing."""
        value = self.get(*path)
        if isinstance(value, dict):
            return [(*path, key) for key in value]
        return [(*path, position) for position in range(len(value))] if isinstance(value, list) else []

    def texts(self, *path: str | int) -> Iterator[tuple[Path, str]]:
        """The children that are text, each with its path."""
        for child in self.children(*path):
            if (value := self.text(*child)) is not None:
                yield child, value

    def error(self, path: Path, message: str, remedy: str) -> Mistake:
        return Mistake(self.line(path), self.where(path), message, remedy)

    def line(self, path: Path) -> int:
        """The line of a place, or of the nearest place around it when it is missing."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places[path].line if path in self.places else 1

    def where(self, path: Path) -> str:
        """`visits.d28.window` rather than `visits.4.window`: items go by their code or id where they have one."""
        steps = [self._step(path[: i + 1]) for i in range(len(path))]
        return ".".join(steps)

    def _step(self, path: Path) -> str:
        if isinstance(path[-1], str):
            return path[-1]
        return self.text(*path, "code") or self.text(*path, "id") or f"#{path[-1] + 1}"
