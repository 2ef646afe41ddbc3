"""A table with something of everything that a labelled file must carry."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from app.exports.labelled.sheets import Field, Sheet, sheet
from app.exports.tables import Column, Kind, Shape, Table, Words, table

OSLO = ZoneInfo("Europe/Oslo")
STATES = {"completed": Words("besvart i tide", "answered in time"), "missed": Words("uten svar", "without an answer")}
REASONS = {"skipped": Words("sett, latt stå tomt", "seen, left empty"), "withdrawn": Words("trukket seg", "withdrew")}
SHAPE = Shape(
    "scores",
    (
        Column("participant", Kind.TEXT, "Deltaker", "Participant"),
        Column("site", Kind.TEXT, "Sykehus", "Site"),
        Column("state", Kind.TEXT, "Status", "State", STATES),
        Column("score_value", Kind.DECIMAL, "Verdi", "Value", unit="%"),
        Column("missing_reason", Kind.TEXT, "Hvorfor", "Why missing", REASONS),
        Column("n_answered", Kind.INTEGER, "Besvarte", "Items answered"),
        Column("baseline", Kind.BOOLEAN, "Utgangsverdi", "Baseline"),
        Column("given_on", Kind.DATE, "Gitt", "Given"),
        Column("submitted_at", Kind.INSTANT, "Innsendt", "Submitted"),
        Column("words", Kind.TEXT, "Ord", "Words"),
    ),
    ("participant",),
)
SUBMITTED = datetime(2026, 3, 29, 1, 30, 5, tzinfo=UTC)
"""The clocks of Oslo have just been set: 03:30."""
ROWS: tuple[tuple[Any, ...], ...] = (
    ("01-001", "01", "completed", Decimal("0.806"), None, 10, True, date(2026, 3, 2), SUBMITTED, "æøå"),
    ("01-002", "01", "missed", None, "skipped", None, None, None, None, None),
    ("02-001", "02", "completed", None, "withdrawn", 0, False, date(2024, 2, 29), SUBMITTED, "=1+1"),
    ("02-002", "02", "completed", Decimal(40), None, 7, False, date(2026, 3, 2), SUBMITTED, "x" * 500),
)
NOTHING = ("03-001", "03", *[None] * 8)
"""Somebody of whom nothing is known."""
AT = datetime(2026, 3, 29, 3, 30, 5)  # noqa: DTZ001 - local


def things(*rows: tuple[Any, ...]) -> Table:
    """The table of these rows, or of all of the above."""
    return table(SHAPE, rows or ROWS)


def ready(language: str = "en") -> Sheet:
    """The same, as a labelled file takes it."""
    return sheet(things(), "trial", OSLO, language)


def changed(name: str, **attributes: Any) -> Sheet:
    """The sheet with one field changed."""
    plain = ready()
    fields = tuple(replace(each, **attributes) if each.name == name else each for each in plain.fields)
    return replace(plain, fields=fields)


def field(plain: Sheet, name: str) -> Field:
    """The field of this name."""
    return next(each for each in plain.fields if each.name == name)
