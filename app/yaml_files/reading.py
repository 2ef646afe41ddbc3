"""YAML text to a `Document`.

What cannot be parsed at all, or could make a small file large, is refused here: other encodings, second documents,
anchors and aliases, tags, depth. What can be mended while the rest is read is collected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import yaml

from app.yaml_files.document import Document, Mistake, Path, Position
from app.yaml_files.scalars import doubt, scalar

try:
    from yaml import CSafeLoader as Loader  # ten times faster, where the library was built with it
except ImportError:
    from yaml import SafeLoader as Loader  # type: ignore[assignment]

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12


class Unreadable(ValueError):
    """The file cannot be parsed at all."""

    def __init__(self, line: int, message: str, remedy: str) -> None:
        self.mistake = Mistake(line, "", message, remedy)
        super().__init__(str(self.mistake))


def read_yaml(content: bytes, example: str) -> Document:
    """The content of a file, with whatever must be mended in it; Unreadable where it cannot be parsed at all.

    `example` is a sound file of the kind, for whoever wonders what belongs there.
    """
    text = _decode(content)
    try:
        return _Reading(yaml.parse(text, Loader=Loader), example).document()
    except yaml.YAMLError:
        return _read_slowly(text, example)


def _read_slowly(text: str, example: str) -> Document:
    """Read by the library's own Python, which says better what is wrong."""
    try:
        return _Reading(yaml.parse(text, Loader=yaml.SafeLoader), example).document()
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Unreadable(line, "holds a control character", "Delete it; it is invisible in most editors") from error


def _decode(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        shown = f"the file has more than {MAX_BYTES // 1024} kB"
        raise Unreadable(1, shown, "Give the file that was asked for, and nothing else in it")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        shown = f"byte 0x{content[error.start]:02X} is not UTF-8"
        raise Unreadable(line, shown, "Save the file with the encoding UTF-8") from error


def _syntax_error(error: yaml.MarkedYAMLError, text: str) -> Unreadable:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    shown = text.splitlines()[line - 1 : line]
    if shown and "\t" in shown[0]:
        return Unreadable(line, "holds a tab", "Indent with spaces only")
    remedy = "Compare the indentation, colons, quotes and brackets with the lines above it"
    why = error.problem or error.context
    return Unreadable(line, f"cannot be understood as YAML at column {column}: {why}", remedy)


@dataclass
class _Reading:
    """Walks once through what the parser reports, and builds nothing before it is known to be harmless."""

    events: Iterator[yaml.Event]
    example: str
    places: dict[Path, Position] = field(default_factory=dict)
    mistakes: list[tuple[Position, Path, str, str]] = field(default_factory=list)
    depth: int = 0

    def document(self) -> Document:
        self.places[()] = Position(1, 1)
        self._next()
        if not isinstance(self._next(), yaml.DocumentStartEvent):
            raise Unreadable(1, "the file is empty", f"Start from {self.example}")
        data = self._value(self._next(), ())
        if data is None:
            raise Unreadable(1, "the file is empty", f"Start from {self.example}")
        self._next()
        if not isinstance(second := self._next(), yaml.StreamEndEvent):
            remedy = "Delete the line `---`; what follows it belongs into a file of its own"
            raise Unreadable(_place(second).line, "a second document begins", remedy)
        document = Document(data, self.places)
        mistakes = (Mistake(place.line, document.where(path), *said) for place, path, *said in self.mistakes)
        return replace(document, mistakes=tuple(mistakes))

    def _next(self) -> yaml.Event:
        event = next(self.events)
        self.depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if complaint := self._complaint(event):
            raise Unreadable(_place(event).line, *complaint)
        return event

    def _complaint(self, event: yaml.Event) -> tuple[str, str] | None:
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if self.depth > MAX_DEPTH:
            return "is nested too deeply", f"Compare the indentation with {self.example}"
        if anchor:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            return f"`{sign}{anchor}` refers to another place", "Write the values out where they belong"
        return (f"the tag `{tag}` is not allowed", "Write the value alone") if tag else None

    def _value(self, event: yaml.Event, path: Path) -> object:
        self.places.setdefault(path, _place(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._listing(path)
        assert isinstance(event, yaml.ScalarEvent)
        return self._scalar(event, path) if event.implicit[0] else event.value

    def _listing(self, path: Path) -> list[object]:
        values: list[object] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            values.append(self._value(event, (*path, len(values))))
        return values

    def _mapping(self, path: Path) -> dict[str, object]:
        """Names as they are written; the first of two equal ones counts."""
        values: dict[str, object] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            name = self._name(event, path)
            if name is None:
                self._pass_over(self._next())
            else:
                self.places[(*path, name)] = _place(event)
                values[name] = self._value(self._next(), (*path, name))
        return values

    def _name(self, event: yaml.Event, path: Path) -> str | None:
        place = _place(event)
        if not isinstance(event, yaml.ScalarEvent):
            self._pass_over(event)
            self._mend(place, path, "a list or mapping is used as a name", "Write a word before the colon")
            return None
        if first := self.places.get((*path, event.value)):
            remedy = f"Keep one of the two; the other is on line {first.line}"
            self._mend(place, path, f"`{event.value}` stands twice", remedy)
            return None
        if event.implicit[0] and (wrong := doubt(event.value)):
            self._mend(place, path, *wrong)
        return str(event.value)

    def _pass_over(self, event: yaml.Event) -> None:
        """Read on to the end of a value that is not taken."""
        outside = self.depth - isinstance(event, yaml.CollectionStartEvent)
        while self.depth > outside:
            self._next()

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> object:
        if wrong := doubt(event.value):
            self._mend(_place(event), path, *wrong)
        return scalar(event.value)

    def _mend(self, place: Position, path: Path, message: str, remedy: str) -> None:
        self.mistakes.append((place, path, message, remedy))


def _place(event: yaml.Event) -> Position:
    mark = event.start_mark
    return Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
