"""Reads a YAML file against a schema; a wrong file gets every error at once, each with its line."""

from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

import yaml
from marshmallow import Schema, ValidationError

Path = tuple[str | int, ...]


class FileError(ValueError):
    """What is wrong with a file, one line for each problem."""

    def __init__(self, source: FilePath, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([f"{source.name} cannot be used:", *(f"  {text}" for text in problems)]))


def read_checked(source: FilePath, schema: Schema) -> dict[str, Any]:
    """The file's content as the schema loads it; raises FileError."""
    text = _text(source)
    node = _compose(source, text)
    lines = dict(_lines(node, ()))
    content = yaml.safe_load(text)
    if not isinstance(content, dict):
        raise FileError(source, ["line 1: the file must be a mapping of names to values"])
    try:
        loaded: dict[str, Any] = schema.load(content)
    except ValidationError as error:
        raise FileError(source, _described(error.messages, lines)) from error
    return loaded


def _text(source: FilePath) -> str:
    try:
        return source.read_text(encoding="utf-8")
    except OSError as error:
        raise FileError(source, [f"the file cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise FileError(source, ["the file is not UTF-8 text; save it as UTF-8"]) from error


def _compose(source: FilePath, text: str) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FileError(source, [f"line {line}: not YAML: {error.problem}"]) from error
    if repeated := sorted(_repeated(node)):
        raise FileError(source, [f"line {line}: {key!r} is given twice; keep one" for line, key in repeated])
    return node


def _repeated(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, key.value
            seen.add(key.value)
            yield from _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _repeated(value)


def _lines(node: yaml.Node | None, path: Path) -> Iterator[tuple[Path, int]]:
    if node is None:
        return
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*path, str(key.value)))
            yield (*path, str(key.value)), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*path, index))


def _described(messages: Any, lines: dict[Path, int]) -> list[str]:
    found = sorted((_line(path, lines), _name(path), text) for path, text in _flat(messages, ()))
    return [f"line {line}: {name}: {text}" if name else f"line {line}: {text}" for line, name, text in found]


def _flat(messages: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(messages, dict):
        for key, value in messages.items():
            inner = path if key in ("_schema", "value", "key") else (*path, key)
            yield from _flat(value, inner)
    elif isinstance(messages, list):
        for value in messages:
            yield from _flat(value, path)
    else:
        yield path, str(messages)


def _line(path: Path, lines: dict[Path, int]) -> int:
    """The line of the deepest part of the path that the file has."""
    texts = tuple(part if isinstance(part, int) else str(part) for part in path)
    return next(lines[texts[:end]] for end in range(len(texts), -1, -1) if texts[:end] in lines or not end)


def _name(path: Path) -> str:
    return ".".join(str(part) for part in path)
