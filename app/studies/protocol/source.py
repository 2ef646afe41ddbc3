"""YAML text to a `Document`.

A protocol is written by people who need not know YAML's traps, so we read a plain subset of it: `NO` is Norway and not
false, `20:00` is an hour and not 1200, `01` is a code and not 1, a name stands once, and nothing refers to another
place (no anchors, no aliases, no tags).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path as FilePath

import yaml

from app.studies.protocol.document import Document, Path
from app.studies.protocol.errors import ProtocolError, ProtocolErrors

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12

_SCALARS: tuple[tuple[re.Pattern[str], Callable[[str], object]], ...] = (
    (re.compile(r"~|null|Null|NULL|"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?(0|[1-9][0-9]{0,17})"), int),
    (re.compile(r"[-+]?[0-9]{1,17}\.[0-9]{0,17}"), float),
)


def read_bytes(source: FilePath | str | bytes) -> bytes:
    """The content of a file, or the text itself: a string with a line break is text, without one it is a path."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, str) and ("\n" in source or not source.strip()):
        return source.encode("utf-8", "surrogatepass")
    try:
        return FilePath(source).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is not usable"
        raise _refusal(1, f"{source} cannot be read: {reason}", "Give the path of a protocol file") from error


def read_document(content: bytes) -> Document:
    """Parse the file; raise `ProtocolErrors` where it cannot be parsed at all."""
    text = _decode(content)
    try:
        _check_events(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _refusal(line, "holds a control character", "Delete it; it is invisible in most editors") from error
    if root is None:
        raise _refusal(1, "the file is empty", "Start from examples/backtobasic/protocol.yaml")
    lines: dict[Path, int] = {(): 1}
    problems: list[ProtocolError] = []
    data = _plain(root, (), lines, problems)
    return Document(data, lines, tuple(problems))


def _decode(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise _refusal(
            1, f"the file has more than {MAX_BYTES // 1024} kB", "Give the protocol file, and nothing else in it"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        shown = f"byte 0x{content[error.start]:02X} is not UTF-8"
        raise _refusal(line, shown, "Save the file with the encoding UTF-8") from error


def _check_events(text: str) -> None:
    """Refuse what could make a small file large or deep, before anything is built from it."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if complaint := _complaint(event, depth, documents):
            raise _refusal(event.start_mark.line + 1 if event.start_mark else 1, *complaint)


def _complaint(event: yaml.Event, depth: int, documents: int) -> tuple[str, str] | None:
    anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
    if documents > 1:
        return "a second document begins", "Delete the line `---`; a file holds one protocol"
    if depth > MAX_DEPTH:
        return "is nested too deeply", "Compare the indentation with examples/backtobasic/protocol.yaml"
    if anchor:
        sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
        return f"`{sign}{anchor}` refers to another place", "Write the values out where they belong"
    return (f"the tag `{tag}` is not allowed", "Write the value alone") if tag else None


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int], problems: list[ProtocolError]) -> object:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return {key: _plain(value, (*path, key), lines, problems) for key, value in _pairs(node, path, lines, problems)}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, i), lines, problems) for i, item in enumerate(node.value)]
    return _scalar(node)


def _pairs(
    node: yaml.MappingNode, path: Path, lines: dict[Path, int], problems: list[ProtocolError]
) -> Iterator[tuple[str, yaml.Node]]:
    """Keys as they are written; the first of two equal keys counts, the second is a problem."""
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key, where = str(key_node.value), ".".join(map(str, path))
        if not isinstance(key_node, yaml.ScalarNode):
            problems.append(
                ProtocolError(line, where, "a list or mapping is used as a name", "Write a word before the colon")
            )
        elif (*path, key) in lines:
            first = lines[(*path, key)]
            remedy = f"Keep one of the two; the other is on line {first}"
            problems.append(ProtocolError(line, where, f"`{key}` stands twice", remedy))
        else:
            lines[(*path, key)] = line
            yield key, value_node


def _scalar(node: yaml.Node) -> object:
    text = str(node.value)
    if getattr(node, "style", None) is None:
        for pattern, convert in _SCALARS:
            if pattern.fullmatch(text):
                return convert(text)
    return text


def _syntax_error(error: yaml.MarkedYAMLError, text: str) -> ProtocolErrors:
    line = (error.problem_mark.line if error.problem_mark else 0) + 1
    shown = text.splitlines()[line - 1 : line]
    if shown and "\t" in shown[0]:
        return _refusal(line, "holds a tab", "Indent with spaces only")
    remedy = "Compare the indentation, colons, quotes and brackets with the lines above it"
    return _refusal(line, f"cannot be understood as YAML: {error.problem or error.context}", remedy)


def _refusal(line: int, message: str, remedy: str) -> ProtocolErrors:
    return ProtocolErrors([ProtocolError(line, "", message, remedy)])
