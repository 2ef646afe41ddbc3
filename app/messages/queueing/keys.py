"""The keys of prompts: what makes each owed once, whoever makes its row, a clock or a coordinator before it."""

from sqlalchemy import ColumnElement, case, exists, func
from sqlalchemy.orm import aliased

from app.messages.kinds import ASKING, MessageKind
from app.messages.models import Message, of_this_window
from app.participants.models import Contact
from app.schedule.models import Assessment


def prompt_key(kind: MessageKind | ColumnElement[str]) -> ColumnElement[str]:
    """Of a prompt about `Assessment`; with day 0 in it where one was owed already before day 0 moved to a later day."""
    earlier = aliased(Message)
    about = (earlier.assessment_id == Assessment.id, earlier.kind.in_(ASKING), ~of_this_window(earlier))
    day = func.concat(":day-", func.to_char(Assessment.anchor_on, "YYYY-MM-DD"))
    moved = case((exists().where(*about).correlate(Assessment), day), else_="")
    name = kind.value if isinstance(kind, MessageKind) else kind
    return func.concat("assessment:", Assessment.id, ":", name, moved)


def renewal_key() -> ColumnElement[str]:
    """Of the invitation that goes to a corrected number, in place of those that failed at the old one."""
    return func.concat("assessment:", Assessment.id, ":invitation:number-", Contact.version)
