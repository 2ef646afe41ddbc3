"""YAML's nodes to plain values that remember their lines.

A protocol is written by people who need not know YAML's traps, so we read a plain subset of it: `NO` is Norway and not
false, `20:00` is an hour and not 1200, `01` is a code and not 1, and a name stands once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import yaml

from app.studies.protocol.document import Document, Path
from app.studies.protocol.errors import ProtocolError

_SCALARS: tuple[tuple[re.Pattern[str], Callable[[str], object]], ...] = (
    (re.compile(r"~|null|Null|NULL|"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?(0|[1-9][0-9]{0,99})"), int),
    (re.compile(r"[-+]?[0-9]{1,17}\.[0-9]{0,17}"), float),
)


class Tree:
    """Walks the nodes once; collects lines and names that stand twice."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {(): 1}
        self.problems: list[ProtocolError] = []

    def document(self, root: yaml.Node) -> Document:
        return Document(self._plain(root, ()), self.lines, tuple(self.problems))

    def _plain(self, node: yaml.Node, path: Path) -> object:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return {key: self._plain(value, (*path, key)) for key, value in self._pairs(node, path)}
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, (*path, position)) for position, item in enumerate(node.value)]
        return _scalar(node)

    def _pairs(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, yaml.Node]]:
        """Names as they are written; the first of two equal ones counts."""
        for key_node, value in node.value:
            line, key = key_node.start_mark.line + 1, str(key_node.value)
            if not isinstance(key_node, yaml.ScalarNode):
                self._complain(line, path, "a list or mapping is used as a name", "Write a word before the colon")
            elif first := self.lines.get((*path, key)):
                self._complain(
                    line, path, f"`{key}` stands twice", f"Keep one of the two; the other is on line {first}"
                )
            else:
                self.lines[(*path, key)] = line
                yield key, value

    def _complain(self, line: int, path: Path, message: str, remedy: str) -> None:
        self.problems.append(ProtocolError(line, ".".join(map(str, path)), message, remedy))


def _scalar(node: yaml.Node) -> object:
    text = str(node.value)
    if getattr(node, "style", None) is None:
        for pattern, convert in _SCALARS:
            if pattern.fullmatch(text):
                return convert(text)
    return text
