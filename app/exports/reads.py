"""Who took rows about participants by the API: how many, of how many people, at which sites; never what stood there.

Files of an export that are taken away are told by `app.exports.downloading`; pages of rows are told here.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from app.core.database import db
from app.exports.models import RowsRead
from app.participants.models import Participant
from app.studies.access import Scope
from app.studies.models import Site


class Readings(NamedTuple):
    """What one token has read of one kind: how often, how many rows, of at most how many people at once, and when."""

    read_by: str
    token_prefix: str
    what: str
    times: int
    rows: int
    participants: int
    first_at: datetime
    last_at: datetime


def note_read(
    scope: Scope, what: str, people: Collection[str], rows: int, *, by: str, token_prefix: str, now: datetime
) -> None:
    """`by` (an actor such as `user:12`) was given so many rows about these people. Nothing where there were none."""
    if not rows:
        return
    of_study = Participant.study_id == scope.study.id
    alone = select(Participant.id).where(of_study, Participant.code.in_(people)) if len(people) == 1 else None
    codes = select(Site.code).where(Site.id.in_(scope.site_ids)).order_by(Site.code)
    db.session.add(
        RowsRead(
            study_id=scope.study.id,
            participant_id=None if alone is None else db.session.scalar(alone),
            what=what,
            rows=rows,
            participants=len(people),
            sites=list(db.session.scalars(codes)),
            read_by=by,
            token_prefix=token_prefix,
            read_at=now,
        )
    )


def readings(scope: Scope) -> list[Readings]:
    """What was read of the study, by token and kind, the last one first."""
    by = (RowsRead.read_by, RowsRead.token_prefix, RowsRead.what)
    last = func.max(RowsRead.read_at)
    query = select(
        *by, func.count(), func.sum(RowsRead.rows), func.max(RowsRead.participants), func.min(RowsRead.read_at), last
    )
    rows = db.session.execute(query.where(RowsRead.study_id == scope.study.id).group_by(*by).order_by(last.desc(), *by))
    return [Readings(*row) for row in rows]
