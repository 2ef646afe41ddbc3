"""The pages of a night."""

from collections.abc import Iterator

from app.exports.quality.night import quality
from app.exports.reading.codebook_page import codebook_page
from app.exports.reading.document import html, markdown
from app.exports.reading.quality_page import quality_page
from app.exports.shapes import SHAPES
from app.exports.tables import Dataset, Table

CODEBOOK, QUALITY = "codebook", "quality"
CODEBOOK_PAGES, QUALITY_PAGES = (f"{CODEBOOK}.html", f"{CODEBOOK}.md"), (f"{QUALITY}.html",)


def codebook_pages(data: Dataset, book: Table, codes: Table) -> Iterator[tuple[str, bytes]]:
    """The codebook to read, by its names in the night's folder; no row of the tables is looked at."""
    explained = codebook_page(data, book, codes, SHAPES)
    as_html, as_markdown = CODEBOOK_PAGES
    yield as_html, html(explained).encode()
    yield as_markdown, markdown(explained).encode()


def quality_pages(data: Dataset) -> Iterator[tuple[str, bytes]]:
    """The page on the quality of the data."""
    (as_html,) = QUALITY_PAGES
    yield as_html, html(quality_page(data, quality(data))).encode()
