"""The codebook: what each column holds, and what each item and score of the long tables is.

The words of an item stand here only where its licence lets the questionnaire's words be shown by anybody; of the others
the term of CDISC controlled terminology, or our own code, names the item.
"""

from collections.abc import Iterator
from typing import Any

from app.exports.tables import Column, Dataset, Kind, Shape, Table, table
from app.instruments import Instrument, Item, instrument
from app.instruments.model import ItemType, ScoreDefinition

SHAPE = Shape(
    "codebook",
    (
        Column("table", Kind.TEXT, "Tabell", "Table"),
        Column("column", Kind.TEXT, "Kolonne", "Column"),
        Column("instrument", Kind.TEXT, "Spørreskjema", "Instrument"),
        Column("item", Kind.TEXT, "Spørsmål eller skåre", "Item or score"),
        Column("type", Kind.TEXT, "Type", "Type"),
        Column("label_nb", Kind.TEXT, "Betegnelse på norsk", "Label in Norwegian"),
        Column("label_en", Kind.TEXT, "Betegnelse på engelsk", "Label in English"),
        Column("codes", Kind.TEXT, "Koder", "Codes"),
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
    ("table", "column", "instrument", "item"),
)

TYPES = {ItemType.TEXT: Kind.TEXT, ItemType.DATE: Kind.DATE}
"""Every other item is answered with a whole number, or with a decimal one where it has decimals."""


def codebook(data: Dataset) -> Table:
    """The columns of every table, then the items and scores of the study's instruments."""
    found = [instrument(code) for code in data.instruments]
    rows = [row for written in data.tables for row in _columns(written.shape)]
    rows += [_item(one, item) for one in found for item in one.items]
    rows += [_score(one, score) for one in found for score in one.scores]
    return table(SHAPE, [[row.get(name) for name in SHAPE.names] for row in rows])


def _columns(shape: Shape) -> Iterator[dict[str, Any]]:
    for column in shape.columns:
        row = {"table": shape.name, "column": column.name, "type": column.kind, "unit": column.unit}
        codes = "; ".join(f"{code}={meaning}" for code, meaning in column.codes.items())
        yield row | {"label_nb": column.nb, "label_en": column.en, "codes": codes}


def _item(one: Instrument, item: Item) -> dict[str, Any]:
    row = _origin(one, "answers", item.code) | {"type": _kind(item), "unit": item.unit, "loinc": item.loinc}
    labels = {f"label_{language}": _label(one, item, language) for language in ("nb", "en")}
    limits = {"minimum": item.minimum, "maximum": item.maximum, "codes": _codes(one, item)}
    terms = {"cdisc_code": item.cdisc.testcd, "cdisc_name": item.cdisc.test} if item.cdisc else {}
    return row | labels | limits | terms


def _score(one: Instrument, score: ScoreDefinition) -> dict[str, Any]:
    row = _origin(one, "scores", score.name) | {"type": Kind.DECIMAL, "unit": score.unit, "better": score.better}
    limits = {"minimum": score.minimum, "maximum": score.maximum, "loinc": score.loinc}
    terms = {"cdisc_code": score.cdisc.testcd, "cdisc_name": score.cdisc.test} if score.cdisc else {}
    name = f"{one.code} {score.name}"
    return row | limits | terms | {"label_nb": name, "label_en": name}


def _origin(one: Instrument, where: str, item: str) -> dict[str, Any]:
    category = one.cdisc.qscat if one.cdisc else None
    row = {"table": where, "column": "value", "instrument": one.code, "item": item}
    return row | {"instrument_version": one.version, "cdisc_category": category}


def _kind(item: Item) -> Kind:
    return TYPES.get(item.type, Kind.DECIMAL if item.decimals else Kind.INTEGER)


def _label(one: Instrument, item: Item, language: str) -> str:
    if language in one.languages and not one.licence.requires_original(language):
        return one.wording(language).item(item.code).text
    return item.cdisc.test if item.cdisc else item.code


def _codes(one: Instrument, item: Item) -> str:
    if not item.options or one.licence.requires_original("en") or "en" not in one.languages:
        return "; ".join(str(option.code) for option in item.options)
    words = one.wording("en")
    return "; ".join(f"{option.code}={words.option(item.code, option.code)}" for option in item.options)
