"""The protocol of a study: a file that people write, read into frozen values and checked all at once."""

from app.studies.protocol.choices import (
    BirthYear,
    Holidays,
    LateAnswers,
    ReplyForm,
    Skipping,
    Summary,
    UnsentDrafts,
)
from app.studies.protocol.definition import (
    AnswerRules,
    Protocol,
    ReminderPlan,
    SafetyPlan,
    Sending,
    SitePlan,
    Texts,
    VisitPlan,
    Window,
)
from app.studies.protocol.errors import ProtocolErrors
from app.studies.protocol.reading import read_protocol
from app.studies.protocol.schema import from_dict

__all__ = [
    "AnswerRules",
    "BirthYear",
    "Holidays",
    "LateAnswers",
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
    "VisitPlan",
    "Window",
    "from_dict",
    "read_protocol",
]
