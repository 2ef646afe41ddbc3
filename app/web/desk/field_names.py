"""What the fields of the desk's forms are called, where what was typed into them is listed without its form."""

from flask import Flask
from flask_babel import lazy_gettext as later

from app.web.desk.filters import words

LABELS = {
    "again_on": later("Call again at"),
    "again_time": later("Time"),
    "answered_by": later("Who answered"),
    "answered_on": later("Day of answering"),
    "answered_time": later("Hour, if it is known"),
    "approval_reference": later("The committee's reference"),
    "approved_on": later("Day of the ethics approval"),
    "birth_year": later("Year of birth"),
    "channel": later("Write to her first by"),
    "code": later("Code"),
    "consent": later("Version of the consent form that was signed"),
    "document": later("Version of the consent form that was signed"),
    "email": later("E-mail address"),
    "enrolled_on": later("Day of enrolment"),
    "event": later("Which, as it is recorded"),
    "given_on": later("Day"),
    "grade": later("How far"),
    "instrument": later("Questionnaire"),
    "item": later("Question"),
    "kind": later("What"),
    "language": later("Language"),
    "leaves_on": later("From which day on"),
    "left_as": later("How far"),
    "left_because": later("Why she left"),
    "left_on": later("From which day on"),
    "mode": later("How"),
    "name": later("Name"),
    "note": later("Note for colleagues"),
    "on": later("Day"),
    "outcome": later("What came of it"),
    "phone": later("Mobile number"),
    "proposed": later("What it should be"),
    "randomised_on": later("Day of randomisation"),
    "reason": later("Why"),
    "role": later("Role"),
    "scan": later("Where the paper or its scan is kept"),
    "site": later("Site"),
    "source": later("Where that stands"),
    "state": later("Standing"),
    "time": later("Time"),
    "until": later("Texts leave again from"),
    "visit": later("Visit"),
    "who": later("Who"),
    "words": later("Words"),
    "zone": later("Time zone"),
}
"""By the name under which a form sends it; as the forms themselves call it."""


def field_name(name: str) -> str:
    """What this field is called, in the reader's language; a question of a questionnaire by its code."""
    return str(LABELS[name]) if name in LABELS else words(name)


def init_app(app: Flask) -> None:
    """Give the templates these names."""
    app.jinja_env.filters["field_name"] = field_name
