"""The table of codes: one row for each code of each column and item, with its meaning in both languages.

The words of an answer stand here only where its licence lets them be shown by anybody; of the others the code is listed
without them.
"""

from collections.abc import Iterator
from typing import NamedTuple

from app.exports.meanings import TICKED_WORDS, YES_NO
from app.exports.shapes import EVENTS, SHAPES
from app.exports.tables import Column, Dataset, Kind, Meanings, Shape, Table, Words, table
from app.instruments import Instrument, Item
from app.instruments.model import ItemType, ScoreDefinition
from app.instruments.scoring_language import Bound

CODES_SHAPE = Shape(
    "codes",
    (
        Column("table", Kind.TEXT, "Tabell", "Table"),
        Column("column", Kind.TEXT, "Kolonne", "Column"),
        Column("instrument", Kind.TEXT, "Spørreskjema", "Instrument"),
        Column("item", Kind.TEXT, "Spørsmål eller skåre", "Item or score"),
        Column("code", Kind.TEXT, "Kode", "Code"),
        Column("label_nb", Kind.TEXT, "Betydning på norsk", "Meaning in Norwegian"),
        Column("label_en", Kind.TEXT, "Betydning på engelsk", "Meaning in English"),
    ),
    ("table", "column", "instrument", "item", "code"),
)
REACHES: dict[Bound | None, Words] = {
    Bound.UP_TO: Words("til og med", "up to"),
    Bound.BELOW: Words("under", "below"),
    Bound.FROM: Words("fra og med", "from"),
    Bound.ABOVE: Words("over", "above"),
    None: Words("resten", "the rest"),
}
OF_TYPES: dict[ItemType, Meanings] = {ItemType.YESNO: YES_NO, ItemType.TICKS: TICKED_WORDS}


class CodeRow(NamedTuple):
    """One code and what it means."""

    table: str
    column: str
    instrument: str | None
    item: str | None
    code: str
    label_nb: str | None
    label_en: str | None


def codes(data: Dataset) -> Table:
    """The codes of every column, then of the items of the study's instruments, each in its own order.

    A code that several versions of an instrument have means what it means in the newest.
    """
    of_items = [row for each in data.instruments for item in each.items for row in _answers(each, item)]
    of_scores = [row for each in data.instruments for score in each.scores for row in _bands(each, score)]
    newest = {(row.column, row.instrument, row.item, row.code): row for row in (*of_items, *of_scores)}
    rows = [
        CodeRow(shape.name, column.name, None, None, code, *meaning)
        for shape in SHAPES
        for column in shape.columns
        for code, meaning in column.codes.items()
    ]
    return table(CODES_SHAPE, [*rows, *_called(data), *newest.values()])


def _called(data: Dataset) -> Iterator[CodeRow]:
    """What the study's own codes are called, for each column that holds them; `kind` is so of events alone."""
    for shape in SHAPES:
        for name in sorted(data.called.keys() & set(shape.names) - (set() if shape is EVENTS else {"kind"})):
            for code, words in data.called[name]:
                yield CodeRow(shape.name, name, None, None, code, *words)


def _answers(questionnaire: Instrument, item: Item) -> Iterator[CodeRow]:
    for code in item.codes:
        own = OF_TYPES.get(item.type, {}).get(str(code))
        labels = own or (_label(questionnaire, item, code, "nb"), _label(questionnaire, item, code, "en"))
        yield CodeRow("answers", "value", questionnaire.code, item.code, str(code), *labels)


def _bands(questionnaire: Instrument, score: ScoreDefinition) -> Iterator[CodeRow]:
    for band in score.scoring.bands if score.scoring else ():
        reach = REACHES[band.bound]
        labels = (f"{words} {band.limit:f}" if band.bound else words for words in reach)
        of_another = f"{band.score} " if band.score else ""
        yield CodeRow(
            "scores",
            "category",
            questionnaire.code,
            score.name,
            band.name,
            *(f"{of_another}{label}" for label in labels),
        )


def _label(questionnaire: Instrument, item: Item, code: int, language: str) -> str | None:
    if language not in questionnaire.languages or questionnaire.licence.requires_original(language):
        return None
    return questionnaire.wording(language).item(item.code).options.get(code)
