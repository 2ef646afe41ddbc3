"""The keys of texts: what makes each owed once, whoever makes its row, a clock or a coordinator before it."""

from sqlalchemy import ColumnElement, String, case, exists, func
from sqlalchemy.orm import aliased

from app.messages.kinds import ASKING, MessageKind
from app.messages.models import Message, of_this_window
from app.participants.models import Contact
from app.schedule.models import Assessment

PROMPT = "assessment:%s:%s"
MOVED_PROMPT = f"{PROMPT}:day-%s"
RENEWAL = "assessment:%s:invitation:number-%s"
REISSUE = "assessment:%s:reissue-%s"
TEST = "test:%s:%s"
REPLY = "reply:%s:%s"
"""How the keys are written, by Python's `%` and by PostgreSQL's format alike."""


def prompt_key(kind: MessageKind | ColumnElement[str]) -> ColumnElement[str]:
    """Of a prompt about `Assessment`; with day 0 in it where one was owed already before day 0 moved to a later day."""
    earlier = aliased(Message)
    about = (earlier.assessment_id == Assessment.id, earlier.kind.in_(ASKING), ~of_this_window(earlier.owed_at))
    name = kind.value if isinstance(kind, MessageKind) else kind
    day = func.to_char(Assessment.anchor_on, "YYYY-MM-DD")
    moved = _written(MOVED_PROMPT, Assessment.id, name, day)
    return case((exists().where(*about).correlate(Assessment), moved), else_=_written(PROMPT, Assessment.id, name))


def renewal_key() -> ColumnElement[str]:
    """Of the invitation that goes to a corrected number, in place of those that failed at the old one."""
    return _written(RENEWAL, Assessment.id, Contact.version)


def _written(pattern: str, *parts: object) -> ColumnElement[str]:
    return func.format(pattern, *parts, type_=String())
