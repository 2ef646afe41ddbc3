"""The inbox: what people wrote to us, as a thread of each, and what came of it. The words open for a reason only."""

from collections.abc import Mapping

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as later
from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager

from app.accounts.roles import Permission
from app.core.database import db
from app.messages.kinds import ReplyKind
from app.messages.models import Reply
from app.participants.visible import visible
from app.permitting import current_scope
from app.web.staff.access import requires

blueprint = Blueprint("desk_inbox", __name__, url_prefix="/desk/<study>/inbox")
MOST_PEOPLE = 50
CAME_OF: Mapping[ReplyKind, object] = {
    ReplyKind.NEW: later("not looked at by the service yet"),
    ReplyKind.STOP: later("STOP: gets no more texts"),
    ReplyKind.START: later("START: gets texts again"),
    ReplyKind.HELP: later("asked for help: was told whom to call"),
    ReplyKind.ANSWER: later("numbers: kept as answers"),
    ReplyKind.UNCLEAR: later("not understood: was asked once more"),
    ReplyKind.REFUSED: later("numbers for a visit that takes none: to be read"),
    ReplyKind.OTHER: later("words: to be read by a person"),
    ReplyKind.UNHEARD: later("cannot be opened with the keys of this service: ask her"),
    ReplyKind.LOST: later("lost when a back-up was restored: call her"),
    ReplyKind.IN_DOUBT: later("lost when a back-up was restored, may have been STOP: her texts wait, call her"),
}

ASKED_AND_READ = later("not read as an answer: was asked once more, and a person reads it")


def came_of(reply: Reply) -> object:
    """What came of it. What says more than numbers is put to a person also where she was asked once more."""
    if reply.kind is ReplyKind.UNCLEAR and reply.task_id is not None:
        return ASKED_AND_READ
    return CAME_OF[reply.kind]


@blueprint.get("/")
@requires(Permission.VIEW_PARTICIPANT)
def listing() -> str:
    """The people who wrote last, each with all that she wrote; the newest first."""
    scope = current_scope()
    newest = func.max(Reply.id)
    last = select(Reply.participant_id).join(Reply.participant).where(visible(scope)).group_by(Reply.participant_id)
    people = db.session.scalars(last.order_by(newest.desc()).limit(MOST_PEOPLE)).all()
    query = select(Reply).join(Reply.participant).options(contains_eager(Reply.participant))
    replies = db.session.scalars(query.where(Reply.participant_id.in_(people)).order_by(Reply.id.desc()))
    threads: dict[int | None, list[Reply]] = {person: [] for person in people}
    for reply in replies:
        threads[reply.participant_id].append(reply)
    return render_template("desk/inbox.html", threads=list(threads.values()), came_of=came_of, most=MOST_PEOPLE)
