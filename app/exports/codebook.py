"""The codebook: what each column holds, and what each item and score of the long tables is.

The words of an item stand here only where its licence lets the questionnaire's words be shown by anybody; of the others
the term of CDISC controlled terminology, or our own code, names the item.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from app.exports.shapes import SHAPES
from app.exports.tables import Column, Dataset, Kind, Shape, Table, table
from app.instruments import Instrument, Item
from app.instruments.cdisc_terms import CdiscItem
from app.instruments.model import ItemType, ScoreDefinition

CODEBOOK_SHAPE = Shape(
    "codebook",
    (
        Column("table", Kind.TEXT, "Tabell", "Table"),
        Column("column", Kind.TEXT, "Kolonne", "Column"),
        Column("instrument", Kind.TEXT, "Spørreskjema", "Instrument"),
        Column("item", Kind.TEXT, "Spørsmål eller skåre", "Item or score"),
        Column("type", Kind.TEXT, "Type", "Type"),
        Column("label_nb", Kind.TEXT, "Betegnelse på norsk", "Label in Norwegian"),
        Column("label_en", Kind.TEXT, "Betegnelse på engelsk", "Label in English"),
        Column("minimum", Kind.INTEGER, "Minste verdi", "Lowest value"),
        Column("maximum", Kind.INTEGER, "Største verdi", "Highest value"),
        Column("unit", Kind.TEXT, "Enhet", "Unit"),
        Column("better", Kind.TEXT, "Hva som er bedre", "Which direction is better"),
        Column("instrument_version", Kind.TEXT, "Skjemaets versjon", "Version of the instrument"),
        Column("cdisc_category", Kind.TEXT, "CDISC QSCAT", "CDISC QSCAT"),
        Column("cdisc_code", Kind.TEXT, "CDISC QSTESTCD", "CDISC QSTESTCD"),
        Column("cdisc_name", Kind.TEXT, "CDISC QSTEST", "CDISC QSTEST"),
        Column("loinc", Kind.TEXT, "LOINC", "LOINC"),
    ),
    ("table", "column", "instrument", "item", "instrument_version"),
)

TYPES = {ItemType.TEXT: Kind.TEXT, ItemType.TIME: Kind.TEXT, ItemType.DATE: Kind.DATE}
"""Every other item is answered with a whole number, or with a decimal one where it has decimals."""


class CdiscTerms(NamedTuple):
    """What CDISC calls an item or a score."""

    category: str | None
    code: str | None = None
    name: str | None = None


class CodebookRow(NamedTuple):
    """One line of the codebook: a column, an item or a score."""

    table: str
    column: str
    instrument: str | None = None
    item: str | None = None
    type: Kind = Kind.TEXT
    label_nb: str = ""
    label_en: str = ""
    minimum: int | Decimal | None = None
    maximum: int | Decimal | None = None
    unit: str | None = None
    better: str | None = None
    instrument_version: str | None = None
    cdisc_category: str | None = None
    cdisc_code: str | None = None
    cdisc_name: str | None = None
    loinc: str | None = None


def codebook(data: Dataset) -> Table:
    """The columns of every table, then the items and scores of each version of the study's instruments."""
    rows = [row for shape in SHAPES for row in _columns(shape)]
    rows += [_item(each, item) for each in data.instruments for item in each.items]
    rows += [_score(each, score) for each in data.instruments for score in each.scores]
    return table(CODEBOOK_SHAPE, rows)


def _columns(shape: Shape) -> Iterator[CodebookRow]:
    for column in shape.columns:
        yield CodebookRow(
            table=shape.name,
            column=column.name,
            type=column.kind,
            label_nb=column.nb,
            label_en=column.en,
            unit=column.unit,
        )


def _item(questionnaire: Instrument, item: Item) -> CodebookRow:
    terms = _terms(questionnaire, item.cdisc)
    return CodebookRow(
        table="answers",
        column="value",
        instrument=questionnaire.code,
        item=item.code,
        type=TYPES.get(item.type, Kind.DECIMAL if item.decimals else Kind.INTEGER),
        label_nb=_label(questionnaire, item, "nb"),
        label_en=_label(questionnaire, item, "en"),
        minimum=item.minimum,
        maximum=item.maximum,
        unit=item.unit,
        instrument_version=questionnaire.version,
        cdisc_category=terms.category,
        cdisc_code=terms.code,
        cdisc_name=terms.name,
        loinc=item.loinc,
    )


def _score(questionnaire: Instrument, score: ScoreDefinition) -> CodebookRow:
    name, terms = f"{questionnaire.code} {score.name}", _terms(questionnaire, score.cdisc)
    return CodebookRow(
        table="scores",
        column="value",
        instrument=questionnaire.code,
        item=score.name,
        type=Kind.DECIMAL,
        label_nb=name,
        label_en=name,
        minimum=score.minimum,
        maximum=score.maximum,
        unit=score.unit,
        better=score.better,
        instrument_version=questionnaire.version,
        cdisc_category=terms.category,
        cdisc_code=terms.code,
        cdisc_name=terms.name,
        loinc=score.loinc,
    )


def _terms(questionnaire: Instrument, term: CdiscItem | None) -> CdiscTerms:
    """What CDISC calls it; of a version that its terms are not for, the sponsor's own category alone."""
    cdisc, version = questionnaire.cdisc, questionnaire.version
    category = cdisc.category(version) if cdisc else None
    if term is None or (cdisc and not cdisc.applies(version)):
        return CdiscTerms(category)
    return CdiscTerms(category, term.testcd, term.test)


def _label(questionnaire: Instrument, item: Item, language: str) -> str:
    if language in questionnaire.languages and not questionnaire.licence.requires_original(language):
        return questionnaire.wording(language).item(item.code).text
    return item.cdisc.test if item.cdisc else item.code
