"""A protocol file as plain values that remember their lines, however wrong the file may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.studies.protocol.errors import ProtocolError

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """Checks ask it for values of the type they need, and get None where the file holds something else."""

    data: object
    lines: Mapping[Path, int]
    problems: tuple[ProtocolError, ...] = ()

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

    def error(self, path: Path, message: str, remedy: str) -> ProtocolError:
        return ProtocolError(self.line(path), self.where(path), message, remedy)

    def line(self, path: Path) -> int:
        """The line of a place, or of the nearest place around it when it is missing."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def where(self, path: Path) -> str:
        """`visits.d28.window` rather than `visits.4.window`: items are called by their code where they have one."""
        steps = [self._step(path[: i + 1]) for i in range(len(path))]
        return ".".join(steps)

    def _step(self, path: Path) -> str:
        if isinstance(path[-1], str):
            return path[-1]
        return self.text(*path, "code") or f"#{path[-1] + 1}"
