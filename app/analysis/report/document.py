"""The report as one self-contained HTML page: sections of text, tables and pictures, with a print style."""

from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Text:
    """Paragraphs; the first may be the one that matters most."""

    paragraphs: tuple[str, ...]
    lead: bool = False
    kind: str = "text"


@dataclass(frozen=True)
class HtmlTable:
    """A table as HTML, what it shows, and what must stand under it."""

    html: str
    caption: str
    note: str = ""
    kind: str = "table"

    @property
    def markup(self) -> Markup:
        """The table; great_tables has escaped its cells."""
        return Markup(self.html)  # noqa: S704  # nosec B704


@dataclass(frozen=True)
class Picture:
    """A figure that also lies beside the report as SVG, with its data as CSV."""

    name: str
    svg: bytes
    caption: str
    description: str
    kind: str = "picture"

    @property
    def data_uri(self) -> str:
        """The SVG inside the page, in base64."""
        return f"data:image/svg+xml;base64,{b64encode(self.svg).decode()}"


Block = Text | HtmlTable | Picture


@dataclass(frozen=True)
class Section:
    """A heading and what stands under it."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Heading:
    """What stands at the top of the page, and on every printed page."""

    study: str
    title: str
    as_of: str
    warning: str = ""


def numbered(sections: Sequence[Section]) -> tuple[Section, ...]:
    """The sections with Table 1., Figure 1. before each caption, in the order of reading: no number is left out."""
    counts: Counter[str] = Counter()

    def with_number(block: Block) -> Block:
        if isinstance(block, Text):
            return block
        word = "Table" if isinstance(block, HtmlTable) else "Figure"
        counts[word] += 1
        return replace(block, caption=f"{word} {counts[word]}. {block.caption}")

    return tuple(replace(section, blocks=tuple(map(with_number, section.blocks))) for section in sections)


def render(heading: Heading, sections: Sequence[Section]) -> str:
    """The whole page as HTML that needs nothing beside it."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style = (HERE / "report.css").read_text(encoding="utf-8")
    page = environment.get_template("report.html")
    return page.render(heading=heading, sections=sections, style=Markup(style)) + "\n"  # noqa: S704  # nosec B704
