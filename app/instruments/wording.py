"""The words of an instrument in one language, each string with its place, and a hash over all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class ItemText:
    """The words of one item; `low` and `high` name the ends of a scale, `marks` what stands between.

    Where `text` shows an earlier answer, `parts` are its words and the items between them.
    """

    text: str
    options: Mapping[int, str]
    help: str = ""
    low: str = ""
    high: str = ""
    unit: str = ""
    recall: str = ""
    marks: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    parts: tuple[tuple[str, str], ...] = ()
    unanswered: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """`demonstration` marks words that are ours where the original belongs to somebody else."""

    instrument: str
    language: str
    version: str
    demonstration: bool
    source: str
    title: str
    instruction: str
    recall: str
    groups: Mapping[str, str]
    items: Mapping[str, ItemText]
    rules: Mapping[str, str]
    strings: tuple[tuple[str, str], ...]
    sha256: str
    reviewed_by: str = ""
    """The native reader who has seen these words, where somebody has."""

    def item(self, code: str) -> ItemText:
        return self.items[code]

    def option(self, item: str, code: int) -> str:
        return self.items[item].options[code]
