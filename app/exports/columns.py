"""Columns that several tables have, each said once, and how a column of each kind is made."""

from app.exports.meanings import MODES, STATES
from app.exports.tables import Column, Kind, Meanings


def text(name: str, nb: str, en: str, codes: Meanings | None = None) -> Column:
    """A column of text, of codes if it has a closed set."""
    return Column(name, Kind.TEXT, nb, en, codes or {})


def code(name: str, nb: str, en: str) -> Column:
    """A column of names that our own rules have made or let in (`Column.is_code`)."""
    return Column(name, Kind.TEXT, nb, en, is_code=True)


def whole(name: str, nb: str, en: str, unit: str = "") -> Column:
    """A column of whole numbers."""
    return Column(name, Kind.INTEGER, nb, en, unit=unit)


def flag(name: str, nb: str, en: str) -> Column:
    """A column of yes and no."""
    return Column(name, Kind.BOOLEAN, nb, en)


def on(name: str, nb: str, en: str) -> Column:
    """A column of local dates."""
    return Column(name, Kind.DATE, nb, en)


def at(name: str, nb: str, en: str) -> Column:
    """A column of instants."""
    return Column(name, Kind.INSTANT, nb, en, unit="UTC")


STUDY = code("study", "Studie", "Study")
PARTICIPANT = code("participant", "Deltaker (pseudonym)", "Participant (pseudonym)")
SITE = code("site", "Sykehus", "Site")
VISIT = code("visit", "Besøk", "Visit")
DAY = whole("day", "Studiedag", "Study day", "days")
INSTRUMENT = code("instrument", "Spørreskjema", "Instrument")
INSTRUMENT_VERSION = text("instrument_version", "Skjemaets versjon", "Version of the instrument")
LANGUAGE = text("language", "Språk", "Language")
SUBMITTED_AT = at("submitted_at", "Innsendt", "Submitted")
AFTER_BASELINE_END = flag(
    "after_baseline_end", "Innsendt etter at dag 0 hadde begynt", "Submitted after day 0 had begun"
)
BASELINE = flag("baseline", "Utgangspunktet som protokollen sier", "The baseline as the protocol says")
SEQUENCE = whole("sequence", "Besøkets nummer i rekken", "Number of the visit in its order")
MINUTES_LATE = whole("minutes_late", "Minutter etter lukking", "Minutes after closing", "minutes")
MODE = text("mode", "Hvordan det ble svart", "How it was answered", MODES)
SCORE = code("score", "Skåre", "Score")
VALUE_SET = text("value_set", "Verdisett", "Value set")
CATEGORY = text("category", "Gruppen som verdien faller i", "Group that the value falls into")

OPENS_ON = on("opens_on", "Første dag i vinduet", "First day of the window")
DUE_ON = on("due_on", "Fristens dag", "Day on which it is due")
CLOSES_ON = on("closes_on", "Siste dag i vinduet", "Last day of the window")
STATE = text("state", "Status", "State", STATES)
