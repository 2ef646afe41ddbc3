"""The tables of what the staff did about contact: whom they called, and whose texts they let wait."""

from app.exports import columns
from app.exports.columns import PARTICIPANT, SITE, STUDY
from app.exports.meanings import CALLS, ROLES
from app.exports.tables import Shape

CONTACTS_MADE = Shape(
    "contacts_made",
    (
        STUDY,
        PARTICIPANT,
        SITE,
        columns.at("made_at", "Ringt", "Called"),
        columns.on("made_on", "Ringt, lokal dato", "Called, local date"),
        columns.text("made_by_role", "Rollen til den som ringte", "Role of whoever called", ROLES),
        columns.text("result", "Hva som kom ut av det", "What came of it", CALLS),
        columns.at("again_at", "Ring igjen", "Call again"),
    ),
    ("participant", "made_at"),
)

PAUSES = Shape(
    "pauses",
    (
        STUDY,
        PARTICIPANT,
        SITE,
        columns.at("from_at", "Meldinger ventet fra", "Texts waited from"),
        columns.on("from_on", "Meldinger ventet fra, lokal dato", "Texts waited from, local date"),
        columns.on("until_on", "Dagen de skulle gå igjen", "Day on which they were to leave again"),
        columns.at("ended_at", "Meldinger kunne gå igjen", "Texts could leave again"),
        columns.on("ended_on", "Meldinger kunne gå igjen, lokal dato", "Texts could leave again, local date"),
        columns.flag("ended_early", "Avsluttet før dagen", "Ended before that day"),
        columns.whole("days", "Dager fra første til siste", "Days from the first to the last", "days"),
        columns.text("paused_by_role", "Rollen til den som satte pausen", "Role of whoever paused", ROLES),
    ),
    ("participant", "from_at"),
)
