"""The protocol of a study: a file that people write, read into frozen values and checked all at once."""

from app.studies.protocol.choices import (
    BirthYear,
    Channel,
    Holidays,
    LateAnswers,
    ReplyForm,
    Skipping,
    Summary,
    UnsentDrafts,
)
from app.studies.protocol.conduct import AnswerRules, SafetyPlan, Sending, SitePlan
from app.studies.protocol.definition import EventPlan, Protocol
from app.studies.protocol.errors import ProtocolErrors
from app.studies.protocol.formats import from_dict
from app.studies.protocol.known_events import ENROLMENT, RANDOMISATION
from app.studies.protocol.reading import read_protocol
from app.studies.protocol.visits import DayPart, OpenedBy, ReminderPlan, Texts, VisitCondition, VisitPlan, Window

__all__ = [
    "ENROLMENT",
    "RANDOMISATION",
    "AnswerRules",
    "BirthYear",
    "Channel",
    "DayPart",
    "EventPlan",
    "Holidays",
    "LateAnswers",
    "OpenedBy",
    "Protocol",
    "ProtocolErrors",
    "ReminderPlan",
    "ReplyForm",
    "SafetyPlan",
    "Sending",
    "SitePlan",
    "Skipping",
    "Summary",
    "Texts",
    "UnsentDrafts",
    "VisitCondition",
    "VisitPlan",
    "Window",
    "from_dict",
    "read_protocol",
]
