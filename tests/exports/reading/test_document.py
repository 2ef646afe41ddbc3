"""A page as HTML and as Markdown: what stands in a cell is never markup, and every grid says what its cells are."""

import re
from html.parser import HTMLParser

import pytest

from app.exports.reading.document import Grid, PageSection, ReadablePage, html, markdown

GRID = Grid("Counts", ("Visit", "Number", "Empty"), (("d0", "3", ""), ("d7", "4", "")), ("", "", ""))


def page(*sections: PageSection, language: str = "nb") -> ReadablePage:
    return ReadablePage("Title", language, "Contents", ("A sentence.",), sections)


def of(cell: str) -> ReadablePage:
    """A page with this everywhere."""
    grid = Grid(cell, (cell,), ((cell,),))
    return ReadablePage(cell, "nb", cell, (cell,), (PageSection(cell, (cell,), (grid,)),))


class Texts(HTMLParser):
    """The tags of a page, and what it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.shown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.shown.append(data.strip())


def read(text: str) -> Texts:
    texts = Texts()
    texts.feed(text)
    return texts


@pytest.mark.parametrize(
    "cell", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "a & b", "</style><b>", "'", "&lt;", "æøå"]
)
def test_html_shows_whatever_a_cell_holds_and_takes_none_of_it_for_markup(cell: str) -> None:
    texts = read(html(of(cell)))
    plain = read(html(of("plain")))
    assert [tag for tag, _ in texts.tags] == [tag for tag, _ in plain.tags]
    assert texts.shown.count(cell) == plain.shown.count("plain") == 9


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("a|b", r"a\|b"), ("*bold*", r"\*bold\*"), ("a_b", r"a\_b"), ("<b>", r"\<b\>"), ("# x", r"\# x"),
        ("[x](y)", r"\[x\](y)"), ("a\nb", "a b"), ("a\r\n\r\nb", "a b"), ("`x`", r"\`x\`"), ("a\\", "a\\\\"),
        ("æøå", "æøå"),
    ],
)  # fmt: skip
def test_markdown_takes_nothing_of_a_cell_for_markup(cell: str, written: str) -> None:
    lines = markdown(of(cell)).splitlines()
    assert lines == [
        f"# {written}", "", written, "", f"## {written}", "", written, "", f"**{written}**", "", f"| {written} |",
        "| --- |", f"| {written} |",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["nb", "en"])
def test_a_page_says_its_language_and_loads_nothing(language: str) -> None:
    text = html(page(PageSection("One", (), (GRID,)), language=language))
    tags = read(text).tags
    assert ("html", {"lang": language}) in tags
    assert {tag for tag, _ in tags} & {"script", "img", "link", "iframe", "form", "object"} == set()
    assert [facts["href"] for tag, facts in tags if "href" in facts] == ["#s1"]
    assert "default-src 'none'" in text
    assert not re.search(r"url\(|@import|https?:", text)


def test_every_grid_has_a_caption_and_headings_of_its_columns_and_rows() -> None:
    tags = read(html(page(PageSection("One", (), (GRID, GRID))))).tags
    scopes = [facts.get("scope") for tag, facts in tags if tag == "th"]
    assert scopes == [*["col"] * 3, "row", "row"] * 2
    assert [tag for tag, _ in tags].count("caption") == [tag for tag, _ in tags].count("table") == 2
    regions = [facts for _, facts in tags if facts.get("role") == "region"]
    assert regions == [{"class": "wide", "role": "region", "tabindex": "0", "aria-label": "Counts"}] * 2


def test_headings_do_not_skip_a_level_and_every_link_has_its_target() -> None:
    tags = read(html(page(PageSection("One", ()), PageSection("Two", ())))).tags
    assert [tag for tag, _ in tags if re.fullmatch(r"h\d", tag)] == ["h1", "h2", "h2"]
    targets = {f"#{facts['id']}" for _, facts in tags if "id" in facts}
    assert {facts["href"] for _, facts in tags if "href" in facts} == targets == {"#s1", "#s2"}


def test_a_cell_in_another_language_says_which() -> None:
    grid = Grid("g", ("a", "b"), (("x", "y"),), ("", "en"))
    assert ("td", {"lang": "en"}) in read(html(page(PageSection("One", (), (grid,))))).tags


@pytest.mark.parametrize(
    ("rows", "heads"),
    [
        ((("d0", "3", ""), ("d7", "", "")), ("Visit", "Number")),
        ((("", "3", "1"),), ("Visit", "Number", "Empty")),
        ((), ("Visit",)),
    ],
)
def test_a_column_in_which_nothing_stands_is_left_out_but_never_the_first(
    rows: tuple[tuple[str, ...], ...], heads: tuple[str, ...]
) -> None:
    filled = Grid("g", GRID.heads, rows, ("", "nb", "en")).filled()
    assert filled.heads == heads
    assert {len(row) for row in filled.rows} <= {len(heads)}
    assert len(filled.languages) == len(heads)
