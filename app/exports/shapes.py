"""The six tables that leave, column by column: what stands there, in both languages. The codebook is made of this."""

from app.exports.meanings import (
    EVENT_STATES,
    LEFT_AS,
    MESSAGE_KINDS,
    MESSAGE_STATES,
    MODES,
    NOT_ANSWERED,
    NOT_SCORED,
    NOT_SENT,
    PRESENTATIONS,
    REASONS,
    STATES,
)
from app.exports.tables import Column, Kind, Meanings, Shape


def _text(name: str, nb: str, en: str, codes: Meanings | None = None) -> Column:
    return Column(name, Kind.TEXT, nb, en, codes or {})


def _whole(name: str, nb: str, en: str, unit: str = "") -> Column:
    return Column(name, Kind.INTEGER, nb, en, unit=unit)


def _flag(name: str, nb: str, en: str) -> Column:
    return Column(name, Kind.BOOLEAN, nb, en)


def _on(name: str, nb: str, en: str) -> Column:
    return Column(name, Kind.DATE, nb, en)


def _at(name: str, nb: str, en: str) -> Column:
    return Column(name, Kind.INSTANT, nb, en, unit="UTC")


STUDY = _text("study", "Studie", "Study")
PARTICIPANT = _text("participant", "Deltaker (pseudonym)", "Participant (pseudonym)")
SITE = _text("site", "Sykehus", "Site")
VISIT = _text("visit", "Besøk", "Visit")
DAY = _whole("day", "Studiedag", "Study day", "days")
INSTRUMENT = _text("instrument", "Spørreskjema", "Instrument")
INSTRUMENT_VERSION = _text("instrument_version", "Skjemaets versjon", "Version of the instrument")
LANGUAGE = _text("language", "Språk", "Language")
SUBMITTED_AT = _at("submitted_at", "Innsendt", "Submitted")
AFTER_BASELINE_END = _flag(
    "after_baseline_end", "Innsendt etter at dag 0 hadde begynt", "Submitted after day 0 had begun"
)

PARTICIPANTS = Shape(
    "participants",
    (
        STUDY,
        PARTICIPANT,
        SITE,
        LANGUAGE,
        _text("zone", "Tidssone", "Time zone"),
        _on("enrolled_on", "Inkludert", "Enrolled"),
        _on("randomised_on", "Randomisert", "Randomised"),
        _on("anchor_on", "Dag 0 fant sted, dato", "Day 0 took place, date"),
        _at("anchor_at", "Dag 0 fant sted, tidspunkt", "Day 0 took place, time"),
        _on("treatment_stopped_on", "Behandling avsluttet", "Treatment stopped"),
        _on("withdrawn_on", "Trukket seg", "Withdrew"),
        _text("withdrawal_reason", "Grunn til å trekke seg", "Reason for withdrawing"),
        _text("left_as", "Hvor langt deltakeren trakk seg", "How far the participant left", LEFT_AS),
    ),
    ("participant",),
)

ASSESSMENTS = Shape(
    "assessments",
    (
        STUDY,
        PARTICIPANT,
        SITE,
        VISIT,
        DAY,
        _whole("sequence", "Besøkets nummer i rekken", "Number of the visit in its order"),
        _on("anchor_on", "Dag 0 som planen regner fra", "Day 0 of the plan"),
        _at("opens_at", "Åpner", "Opens"),
        _at("due_at", "Frist", "Due"),
        _at("closes_at", "Lukker", "Closes"),
        _at("grace_until", "Tas imot til", "Taken until"),
        _text("state", "Status", "State", STATES),
        _text("reason", "Hvorfor det ikke er et fullstendig svar", "Why there is no complete answer", REASONS),
        _at("invited_at", "Første melding sendt", "First text sent"),
        _at("delivered_at", "Første melding levert", "First text delivered"),
        _at("opened_at", "Påbegynt", "Begun"),
        SUBMITTED_AT,
        AFTER_BASELINE_END,
        _whole("minutes_late", "Minutter etter lukking", "Minutes after closing", "minutes"),
        LANGUAGE,
        _text("mode", "Hvordan det ble svart", "How it was answered", MODES),
        _text("presentation", "Hvordan spørsmålene ble vist", "How the questions were shown", PRESENTATIONS),
    ),
    ("participant", "visit"),
)

ANSWERS = Shape(
    "answers",
    (
        STUDY,
        PARTICIPANT,
        SITE,
        VISIT,
        DAY,
        INSTRUMENT,
        _text("item", "Spørsmål", "Item"),
        _text("value", "Svar", "Answer"),
        _text("missing_reason", "Hvorfor svaret mangler", "Why the answer is missing", NOT_ANSWERED),
        INSTRUMENT_VERSION,
        _text("wording_sha256", "Ordlydens SHA-256", "SHA-256 of the wording"),
        SUBMITTED_AT,
    ),
    ("participant", "visit", "instrument", "item"),
)

SCORES = Shape(
    "scores",
    (
        STUDY,
        PARTICIPANT,
        SITE,
        VISIT,
        DAY,
        INSTRUMENT,
        _text("score", "Skåre", "Score"),
        Column("value", Kind.DECIMAL, "Verdi", "Value"),
        _text("value_set", "Verdisett", "Value set"),
        _text("category", "Gruppen som verdien faller i", "Group that the value falls into"),
        _flag("baseline", "Siste skåre før dag 0 begynte", "Last score before day 0 began"),
        AFTER_BASELINE_END,
        _whole("n_answered", "Besvarte spørsmål", "Items answered", "items"),
        _text("missing_reason", "Hvorfor skåren mangler", "Why the score is missing", NOT_SCORED),
        _text("rule", "Regel", "Rule"),
        INSTRUMENT_VERSION,
        _text("scorer_version", "Skåringens versjon", "Version of the scoring"),
        _text("input_sha256", "SHA-256 av det som ble skåret", "SHA-256 of what was scored"),
        SUBMITTED_AT,
    ),
    ("participant", "visit", "instrument", "score", "value_set"),
)

MESSAGES = Shape(
    "messages",
    (
        STUDY,
        PARTICIPANT,
        VISIT,
        _text("kind", "Slags melding", "Kind of message", MESSAGE_KINDS),
        _text("state", "Status", "State", MESSAGE_STATES),
        _text("reason", "Hvorfor den ikke ble sendt", "Why it was not sent", NOT_SENT),
        LANGUAGE,
        _whole("segments", "Deler", "Segments"),
        _whole("attempts", "Forsøk", "Attempts"),
        _flag("possible_duplicate", "Kan ha kommet fram to ganger", "May have arrived twice"),
        _at("owed_at", "Skyldig fra", "Owed from"),
        _at("queued_at", "Lagt i kø", "Queued"),
        _at("sent_at", "Sendt", "Sent"),
        _at("settled_at", "Avgjort", "Settled"),
    ),
    ("participant", "visit", "kind", "owed_at"),
)

EVENTS = Shape(
    "events",
    (
        STUDY,
        PARTICIPANT,
        _text("kind", "Hendelse", "Event"),
        _text("state", "Status", "State", EVENT_STATES),
        _on("event_on", "Dato", "Date"),
        _at("event_at", "Tidspunkt", "Time"),
        _at("recorded_at", "Registrert", "Recorded"),
    ),
    ("participant", "kind"),
)

SHAPES = (PARTICIPANTS, ASSESSMENTS, ANSWERS, SCORES, MESSAGES, EVENTS)
