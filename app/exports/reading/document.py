"""A page of headings, sentences and grids, as HTML that prints and as Markdown; nothing of a cell is ever markup.

The HTML has no script and asks for nothing from anywhere; every grid has a caption and says which cells are headings.
"""

import re
from dataclasses import dataclass
from html import escape

STYLE = """\
body{font:1rem/1.5 system-ui,sans-serif;max-width:72rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2rem;border-top:1px solid #767676;padding-top:1rem}
.wide{overflow-x:auto}.wide:focus{outline:3px solid #0b57d0}
table{border-collapse:collapse;margin:1rem 0;font-size:.875rem}
caption{text-align:start;font-weight:600;padding-bottom:.25rem}
th,td{border:1px solid #767676;padding:.25rem .5rem;text-align:start;vertical-align:top}
thead th{background:#eee}tbody th{font-weight:400}a{color:#0b57d0}
@media print{body{max-width:none;padding:0;font-size:9pt}nav{display:none}.wide{overflow:visible}
table{font-size:8pt}tr{break-inside:avoid}thead{display:table-header-group}h2{break-after:avoid}}"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
"""What Markdown would read as markup."""
LINES = re.compile(r"[\r\n]+")


@dataclass(frozen=True)
class Grid:
    """A caption, headings, and rows whose first cell names them; of a column in another language, which it is."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    languages: tuple[str, ...] = ()

    def filled(self) -> "Grid":
        """Without the columns in which nothing stands, but never without the first."""
        kept = [place for place in range(len(self.heads)) if not place or any(row[place] for row in self.rows)]
        languages = tuple(self.languages[place] for place in kept) if self.languages else ()
        rows = tuple(tuple(row[place] for place in kept) for row in self.rows)
        return Grid(self.caption, tuple(self.heads[place] for place in kept), rows, languages)


@dataclass(frozen=True)
class PageSection:
    """A heading with its sentences and grids."""

    heading: str
    sentences: tuple[str, ...]
    grids: tuple[Grid, ...] = ()


@dataclass(frozen=True)
class ReadablePage:
    """The whole page, in one language."""

    title: str
    language: str
    contents: str
    """What the list of its sections is called."""
    sentences: tuple[str, ...]
    sections: tuple[PageSection, ...]


def html(document: ReadablePage) -> str:
    """The page as one file of HTML."""
    links = "".join(
        f'<li><a href="#s{place}">{escape(section.heading)}</a></li>'
        for place, section in enumerate(document.sections, 1)
    )
    body = "".join(_section(place, section) for place, section in enumerate(document.sections, 1))
    return (
        f'<!doctype html>\n<html lang="{escape(document.language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(document.title)}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(document.title)}</h1>\n{_sentences(document.sentences)}"
        f'<nav aria-label="{escape(document.contents)}"><ul>{links}</ul></nav>\n{body}</main>\n</body>\n</html>\n'
    )


def markdown(document: ReadablePage) -> str:
    """The page as Markdown."""
    blocks = [f"# {_plain(document.title)}", *map(_plain, document.sentences)]
    for section in document.sections:
        blocks += [f"## {_plain(section.heading)}", *map(_plain, section.sentences)]
        for grid in section.grids:
            blocks += [f"**{_plain(grid.caption)}**", _lines_of(grid)]
    return "\n\n".join(blocks) + "\n"


def _section(place: int, section: PageSection) -> str:
    head = f'<section aria-labelledby="s{place}">\n<h2 id="s{place}">{escape(section.heading)}</h2>\n'
    return head + _sentences(section.sentences) + "".join(map(_table, section.grids)) + "</section>\n"


def _sentences(sentences: tuple[str, ...]) -> str:
    return "".join(f"<p>{escape(sentence)}</p>\n" for sentence in sentences)


def _table(grid: Grid) -> str:
    caption = escape(grid.caption)
    spoken = [f' lang="{language}"' if language else "" for language in grid.languages or ("",) * len(grid.heads)]
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in grid.heads)
    rows = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row"{of}>{escape(cell)}</th>' if not place else f"<td{of}>{escape(cell)}</td>"
            for place, (cell, of) in enumerate(zip(row, spoken, strict=True))
        )
        + "</tr>\n"
        for row in grid.rows
    )
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{caption}">\n<table>\n<caption>{caption}</caption>\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    )


def _lines_of(grid: Grid) -> str:
    head, *rows = (f"| {' | '.join(map(_plain, row))} |" for row in (grid.heads, *grid.rows))
    return "\n".join((head, f"| {' | '.join(['---'] * len(grid.heads))} |", *rows))


def _plain(text: str) -> str:
    """The text as Markdown shows it, in one line."""
    return MARKS.sub(r"\\\1", LINES.sub(" ", text))
