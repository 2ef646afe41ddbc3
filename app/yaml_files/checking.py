"""A file that is read against a schema: all that is wrong with it at once, each with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

from marshmallow import Schema, ValidationError, post_load

from app.yaml_files.document import Document, Path
from app.yaml_files.reading import Unreadable, read_yaml


class FileError(ValueError):
    """What is wrong with a file, one line for each problem."""

    def __init__(self, source: FilePath, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([f"{source.name} cannot be used:", *(f"  {text}" for text in problems)]))


class ValueSchema(Schema):
    """A mapping of a file that becomes a frozen value of its `kind`; its lists become tuples."""

    kind: type

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Any:
        return self.kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in data.items()})


def read_document(source: FilePath, example: str) -> Document:
    """A file without a mistake in its YAML; FileError names all that it has."""
    try:
        document = read_yaml(source.read_bytes(), example)
    except OSError as error:
        raise FileError(source, [f"the file cannot be read: {error.strerror}"]) from error
    except Unreadable as error:
        raise FileError(source, [str(error)]) from error
    if document.mistakes:
        raise FileError(source, list(map(str, document.mistakes)))
    return document


def read_checked(source: FilePath, schema: Schema, example: str) -> dict[str, Any]:
    """The file's content as the schema loads it; FileError names everything that is wrong, each with its line."""
    document = read_document(source, example)
    if not isinstance(document.data, dict):
        raise FileError(source, ["line 1: the file must be a mapping of names to values"])
    try:
        loaded: dict[str, Any] = schema.load(document.data)
    except ValidationError as error:
        raise FileError(source, _said(document, error.messages)) from error
    return loaded


def misfits(messages: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Marshmallow's tree of messages as pairs; its own steps (`value`, `key`, `_schema`) are not places in the file."""
    if isinstance(messages, Mapping):
        for step, inner in messages.items():
            yield from misfits(inner, path if step in ("value", "key", "_schema") else (*path, step))
    elif isinstance(messages, list):
        for inner in messages:
            yield from misfits(inner, path)
    else:
        yield path, str(messages)


def _said(document: Document, messages: object) -> list[str]:
    mistakes = sorted((document.line(path), document.where(path), text) for path, text in misfits(messages))
    return [f"line {line}: {where}: {text}" if where else f"line {line}: {text}" for line, where, text in mistakes]
