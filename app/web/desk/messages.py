"""What was owed and what became of it: the books of the ledger, and the texts that need a look."""

from flask import Blueprint, render_template, request
from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager, joinedload

from app.accounts.roles import Permission
from app.core.database import db
from app.core.time import now
from app.messages.models import Message, MessageState
from app.participants.models import Participant
from app.permitting import current_scope
from app.web.desk.unknown_filters import not_known
from app.web.staff.access import requires

blueprint = Blueprint("desk_messages", __name__, url_prefix="/desk/<study>/messages")
MOST_TEXTS = 50


@blueprint.get("/")
@requires(Permission.VIEW_MESSAGES)
def listing() -> str:
    """Counts by state and kind at my sites, and the newest texts of the state in the address."""
    scope = current_scope()
    at_my_sites = Participant.site_id.in_(scope.site_ids)
    texts_here = select(Message).join(Message.participant).where(Message.study_id == scope.study.id, at_my_sites)
    sums = texts_here.with_only_columns(Message.kind, Message.state, func.count()).group_by(Message.kind, Message.state)
    counts = {(kind, state): number for kind, state, number in db.session.execute(sums)}
    wanted = request.args.get("state", "").replace("\0", "").strip()
    if wanted in set(MessageState):
        texts_here = texts_here.where(Message.state == wanted)
    newest = texts_here.options(contains_eager(Message.participant), joinedload(Message.assessment))
    texts = db.session.scalars(newest.order_by(Message.owed_at.desc(), Message.id.desc()).limit(MOST_TEXTS)).all()
    return render_template(
        "desk/messages.html",
        counts=counts,
        kinds=sorted({kind for kind, _ in counts}),
        states=list(MessageState),
        texts=texts,
        wanted=wanted,
        unknown=not_known({"state": wanted}, {"state": set(MessageState)}, ()),
        at=now(),
        most=MOST_TEXTS,
    )
