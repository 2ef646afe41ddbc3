"""The protocol of a study: a file that people write, read into frozen values and checked all at once."""

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
from app.studies.protocol.errors import ProtocolError, ProtocolErrors
from app.studies.protocol.reading import read_protocol

__all__ = [
    "AnswerRules",
    "Protocol",
    "ProtocolError",
    "ProtocolErrors",
    "ReminderPlan",
    "SafetyPlan",
    "Sending",
    "SitePlan",
    "Texts",
    "VisitPlan",
    "Window",
    "read_protocol",
]
