"""Texts, without words or numbers, and whether their books close."""

from datetime import date
from typing import Any

from sqlalchemy import func, select

from app.accounts.roles import Permission
from app.api.access import requires
from app.api.blueprint import blueprint
from app.api.operations import operation
from app.api.result_schemas import LedgerQuery, LedgerSchema, MessageQuery, MessagesSchema
from app.core.database import db
from app.core.time import now
from app.messages.models import Message
from app.messages.monitoring.ledger import books
from app.participants.models import Participant
from app.participants.visible import visible
from app.permitting import current_scope
from app.schedule.models import Assessment
from app.studies.models import Site


@blueprint.get("/studies/<study>/messages")
@requires(Permission.VIEW_MESSAGES)
@operation(
    "Texts at the token's sites, in the order in which they were queued", answer=MessagesSchema, query=MessageQuery
)
def messages(query: dict[str, Any]) -> dict[str, object]:
    """A page, without what they say; the next begins `after` the `next` of this one."""
    scope, limit = current_scope(), query["limit"]
    where = [visible(scope)]
    if "after" in query:
        where.append(Message.id > query["after"])
    if "since" in query:
        newest = func.greatest(Message.queued_at, Message.sent_at, Message.settled_at)
        where.append(newest >= query["since"])
    if "participant" in query:
        where.append(Participant.code == query["participant"])
    if "state" in query:
        where.append(Message.state == query["state"])
    columns = (
        Message.id, Participant.code.label("participant"), Site.code.label("site"), Assessment.visit, Message.kind,
        Message.state, Message.reason, Message.error_code.label("code"), Message.segments, Message.owed_at,
        Message.sent_at, Message.settled_at,
    )  # fmt: skip
    chosen = select(*columns).join(Message.participant).join(Participant.site).outerjoin(Message.assessment)
    rows = db.session.execute(chosen.where(*where).order_by(Message.id).limit(limit + 1)).all()
    return {"items": rows[:limit], "next": rows[limit - 1].id if len(rows) > limit else None}


@blueprint.get("/studies/<study>/ledger")
@requires(Permission.VIEW_MESSAGES, whole_study=True, what="The ledger")
@operation("Whether every text owed is accounted for", answer=LedgerSchema, query=LedgerQuery)
def ledger(query: dict[str, date]) -> dict[str, object]:
    """Of the whole study, or of one local day."""
    of_study = books(current_scope().study, query.get("day"), now())
    facts = {"balanced": of_study.balanced, "reasons": of_study.reasons, "contradictions": of_study.contradictions}
    return {**of_study.as_dict(), **facts}
