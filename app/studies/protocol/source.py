"""YAML text to a `Document`.

What cannot be parsed at all, or could make a small file large, is refused here: other encodings, second documents,
anchors and aliases, tags, depth.
"""

from __future__ import annotations

from pathlib import Path as FilePath

import yaml

from app.studies.protocol.document import Document
from app.studies.protocol.errors import ProtocolError, ProtocolErrors
from app.studies.protocol.tree import Tree

MAX_BYTES = 256 * 1024
MAX_DEPTH = 12


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
    return Tree().document(root)


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


def _syntax_error(error: yaml.MarkedYAMLError, text: str) -> ProtocolErrors:
    line = (error.problem_mark.line if error.problem_mark else 0) + 1
    shown = text.splitlines()[line - 1 : line]
    if shown and "\t" in shown[0]:
        return _refusal(line, "holds a tab", "Indent with spaces only")
    remedy = "Compare the indentation, colons, quotes and brackets with the lines above it"
    return _refusal(line, f"cannot be understood as YAML: {error.problem or error.context}", remedy)


def _refusal(line: int, message: str, remedy: str) -> ProtocolErrors:
    return ProtocolErrors([ProtocolError(line, "", message, remedy)])
