"""Visits in pages, in the order of people and days: the database filters, counts and says the state of each.

A page ends with its `next` place; the page after it begins there, however many rows came or went before it. Nothing is
loaded that is not shown.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select, tuple_

from app.core.database import db
from app.participants.models import Participant
from app.participants.visible import visible
from app.schedule.asked import Places, is_asked_at
from app.schedule.models import Assessment, State, state_at
from app.schedule.states import MISSING
from app.studies.access import Scope
from app.studies.models import Site


class ListPosition(NamedTuple):
    """Where a page ends: the last visit that it shows."""

    participant: str
    day: int
    id: int

    def __str__(self) -> str:
        return urlsafe_b64encode(json.dumps(list(self)).encode()).decode().rstrip("=")


def list_position(text: str) -> ListPosition:
    """A place as it was given out; ValueError for anything else."""
    participant, day, row = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if not (
        isinstance(participant, str) and type(day) is int and type(row) is int and abs(day) < 2**31 > 0 < row < 2**63
    ):
        raise ValueError("no place in a list")
    return ListPosition(participant, day, row)


@dataclass(frozen=True)
class Wanted:
    """Which visits: all, or those of one participant, visit, site, state and questionnaire."""

    participant: str | None = None
    visit: str | None = None
    site: str | None = None
    state: State | None = None
    asked_at: Places | None = None
    """The visits that ask one questionnaire."""
    missing: bool = False
    """Only those that `Cell.missed` counts: past their grace, and without an answer that counts."""
    besides: ColumnElement[bool] | None = None
    """What else must hold of a visit, joined with its participant: the condition by which a figure counted it."""


class ListedVisit(NamedTuple):
    """One line of the list."""

    id: int
    participant: str
    site: str
    visit: str
    day: int
    state: State
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    grace_until: datetime
    opened_at: datetime | None
    submitted_at: datetime | None


class VisitPage(NamedTuple):
    """Some visits of all that were wanted, and where the next page begins, if there is one."""

    items: Sequence[ListedVisit]
    total: int
    next: ListPosition | None


def visits(
    scope: Scope, wanted: Wanted, now: datetime, *, limit: int, offset: int, after: ListPosition | None
) -> VisitPage:
    """A page of the visits at her sites, by participant and day."""
    matching = _matching(scope, wanted, now)
    order = (Participant.code, Assessment.day, Assessment.id)
    total = db.session.scalar(
        select(func.count())
        .select_from(Assessment)
        .join(Assessment.participant)
        .join(Participant.site)
        .where(*matching)
    )
    columns = [Assessment.id, Participant.code, Site.code, Assessment.visit, Assessment.day, state_at(now)]
    columns += [getattr(Assessment, name) for name in ListedVisit._fields[6:]]
    query = select(*columns).join(Assessment.participant).join(Participant.site).where(*matching).order_by(*order)
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*after))
    rows: Sequence[Any] = db.session.execute(query.limit(limit + 1).offset(offset)).all()
    items = [ListedVisit(*row)._replace(state=State(row[5])) for row in rows[:limit]]
    last = items[-1] if len(rows) > limit else None
    return VisitPage(items, total or 0, ListPosition(last.participant, last.day, last.id) if last else None)


def _matching(scope: Scope, wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    matching = [visible(scope)]
    if wanted.participant is not None:
        matching.append(Participant.code == wanted.participant)
    if wanted.visit is not None:
        matching.append(Assessment.visit == wanted.visit)
    if wanted.site is not None:
        matching.append(Site.code == wanted.site)
    if wanted.state is not None:
        matching.append(state_at(now) == wanted.state.value)
    if wanted.missing:
        matching += [Assessment.grace_until <= now, state_at(now).in_([state.value for state in MISSING])]
    if wanted.asked_at is not None:
        matching.append(is_asked_at(wanted.asked_at))
    if wanted.besides is not None:
        matching.append(wanted.besides)
    return matching
