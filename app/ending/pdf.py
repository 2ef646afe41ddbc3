"""A sheet as a PDF: one column, the letters embedded, the same bytes each time."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import bidirectional

from app.ending.sheets import AnsweredSheet, SheetItem, SheetPart

if TYPE_CHECKING:
    from fpdf import FPDF

LETTERS = "mpl-data/fonts/ttf/DejaVuSans.ttf"
"""Of matplotlib, which draws the figures: Latin, Greek, Cyrillic and Arabic."""
CHOSEN, NOT_CHOSEN = "☒", "☐"
FAMILY, INDENT = "DejaVu", 6


def pdf(sheet: AnsweredSheet) -> bytes:
    """The bytes of the file."""
    from fpdf import FPDF

    paper = FPDF(format="A4")
    paper.set_creation_date(sheet.submitted_at)
    paper.set_producer("Svar")
    paper.set_title(f"{sheet.participant} {sheet.visit}")
    paper.set_lang(sheet.language)
    paper.add_font(FAMILY, fname=_letters())
    paper.set_text_shaping(use_shaping_engine=True)
    paper.add_page()
    _line(paper, sheet.study, 9)
    _line(paper, f"{sheet.participant}: {sheet.visit}", 15)
    for fact in sheet.facts:
        _line(paper, fact, 8)
    for part in sheet.parts:
        _part(paper, part)
    return bytes(paper.output())


def _part(paper: "FPDF", part: SheetPart) -> None:
    paper.ln(5)
    _line(paper, part.title, 13)
    for words in (part.instruction, part.recall):
        _line(paper, words, 10)
    for remark in part.remarks:
        _line(paper, remark, 8)
    group = ""
    for item in part.items:
        if item.group != group or not group:
            paper.ln(2)
            _line(paper, item.group, 10)
        group = item.group
        _item(paper, item)


def _item(paper: "FPDF", item: SheetItem) -> None:
    paper.ln(0 if item.group else 1)
    _line(paper, item.question, 10, INDENT if item.group else 0)
    _line(paper, item.help, 8)
    for label, chosen in item.options:
        _line(paper, f"{CHOSEN if chosen else NOT_CHOSEN} {label}", 10, INDENT)
    _line(paper, item.answer, 10, INDENT)
    if item.corrected is not None:
        _line(paper, f"Corrected to: {item.corrected}", 10, INDENT)


def _line(paper: "FPDF", words: str, size: int, indent: int = 0) -> None:
    """Words of a language from right to left begin at the right."""
    if not words:
        return
    paper.set_font(FAMILY, size=size)
    is_from_right = _is_from_right(words)
    paper.set_x(paper.l_margin + (0 if is_from_right else indent))
    width = paper.epw - indent
    words, align = _in_letters_of(paper, words), "R" if is_from_right else "L"
    paper.multi_cell(width, size * 0.5, words, align=align, new_x="LMARGIN", new_y="NEXT")


def _is_from_right(words: str) -> bool:
    """Whether the first letter that has a direction is of a script from right to left."""
    directions = (bidirectional(letter) for letter in words)
    return next((way in ("R", "AL") for way in directions if way in ("L", "R", "AL")), False)


def _in_letters_of(paper: "FPDF", words: str) -> str:
    """A sign that the letters do not have is told by its number: nothing that was answered is left out."""
    from fpdf.fonts import TTFFont

    font = paper.current_font
    assert isinstance(font, TTFFont), "the letters are embedded"
    there = font.cmap
    return "".join(sign if sign.isspace() or ord(sign) in there else f"[U+{ord(sign):04X}]" for sign in words)


def _letters() -> Path:
    library = find_spec("matplotlib")
    assert library is not None, "matplotlib is installed"
    assert library.origin is not None
    return Path(library.origin).parent / LETTERS
