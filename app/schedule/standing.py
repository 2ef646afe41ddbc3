"""How participants stand: what of theirs was expected and answered, what is open, and whether texts reach them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from sqlalchemy import ColumnElement, case, exists, func, select, true
from sqlalchemy.orm import joinedload, selectinload

from app.core.database import db
from app.participants.models import Contact, Event, EventState, Participant
from app.participants.visible import at_sites
from app.schedule.compliance import Cell
from app.schedule.models import Assessment, State, open_at
from app.studies.models import Site, Study

PEOPLE_ON_PAGE = 50


class Standing(StrEnum):
    """How she stands, in a word or two. What comes first here tells more than what follows."""

    WITHDRAWN = "withdrawn"
    NO_DAY_0 = "no day 0"
    SAID_STOP = "said STOP"
    NUMBER_UNUSABLE = "number unusable"
    TAKING_PART = "taking part"


NOT_REACHABLE = (Standing.SAID_STOP, Standing.NUMBER_UNUSABLE)


class Group(StrEnum):
    """Participants that a coordinator looks for together."""

    TAKING_PART = "taking part"
    OPEN_NOW = "open now"
    NOT_REACHABLE = "not reachable"
    NO_DAY_0 = "no day 0"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Progress:
    """One participant: day 0, her visits as counted, those that are open, the next one that is not due."""

    participant: Participant
    anchor: Event | None
    visits: Cell
    open: tuple[Assessment, ...]
    next: Assessment | None

    @property
    def standing(self) -> Standing:
        contact = self.participant.contact
        if self.participant.withdrawn_at is not None:
            return Standing.WITHDRAWN
        if self.anchor is None:
            return Standing.NO_DAY_0
        if contact.opted_out_at is not None or self.participant.texts_ended_at is not None:
            return Standing.SAID_STOP
        return Standing.NUMBER_UNUSABLE if contact.unusable_since is not None else Standing.TAKING_PART

    @property
    def is_reachable(self) -> bool:
        """Whether texts reach her, as far as we know."""
        return self.standing not in NOT_REACHABLE

    def is_in(self, group: Group) -> bool:
        """Whether she is one of these."""
        if group is Group.OPEN_NOW:
            return bool(self.open)
        if group is Group.NOT_REACHABLE:
            return not self.is_reachable
        return self.standing.value == group.value


def progress(participant: Participant, planned: Sequence[Assessment], now: datetime) -> Progress:
    """How she stands at `now`; her assessments come in the order of their days."""
    states = [(assessment, assessment.state(now)) for assessment in planned]
    return Progress(
        participant=participant,
        anchor=next((e for e in participant.events if e.is_anchor and e.state is not EventState.CANCELLED), None),
        visits=Cell(
            Counter(state for _, state in states),
            Counter(state for assessment, state in states if assessment.grace_until > now),
        ),
        open=tuple(assessment for assessment, state in states if state is State.OPEN),
        next=next((assessment for assessment, state in states if state is State.NOT_DUE), None),
    )


@dataclass(frozen=True)
class WhomToList:
    """Whom a list shows: everybody, or those at one site, in one group, with these letters in their pseudonym."""

    site: str | None = None
    group: Group | None = None
    code: str = ""
    last_first: bool = False
    """By pseudonym, the last one first."""


@dataclass(frozen=True)
class PeoplePage:
    """Some participants by pseudonym, how many are wanted in all, and after whom the next page begins, if one does."""

    people: Sequence[Progress]
    total: int
    next: str | None


def people(study: Study, site_ids: Iterable[int], now: datetime, wanted: WhomToList, *, after: str = "") -> PeoplePage:
    """A page of the participants at these sites, by pseudonym. Nobody is loaded who is not shown."""
    matching = [at_sites(study, site_ids), *_matching(wanted, now)]
    whose = select(Participant).join(Participant.site).join(Participant.contact).where(*matching)
    total = db.session.scalar(whose.with_only_columns(func.count())) or 0
    beyond = Participant.code < after if wanted.last_first else Participant.code > after
    query = (
        whose.where(beyond if after else true())
        .options(selectinload(Participant.contact), selectinload(Participant.events), selectinload(Participant.site))
        .options(joinedload(Participant.protocol))
        .order_by(Participant.code.desc() if wanted.last_first else Participant.code)
        .limit(PEOPLE_ON_PAGE + 1)
    )
    rows = db.session.scalars(query).all()
    shown = rows[:PEOPLE_ON_PAGE]
    return PeoplePage(
        standings(shown, now),
        total,
        shown[-1].code if len(rows) > PEOPLE_ON_PAGE else None,
    )


def standings(participants: Sequence[Participant], now: datetime) -> list[Progress]:
    """How each of these stands, in their order."""
    planned = _planned([participant.id for participant in participants])
    return [progress(participant, planned.get(participant.id, []), now) for participant in participants]


def standing() -> ColumnElement[str]:
    """`Progress.standing` for PostgreSQL, of participants joined with their contacts; the same cases hold both."""
    anchor = exists().where(
        Event.participant_id == Participant.id, Event.is_anchor, Event.state != EventState.CANCELLED
    )
    return case(
        (Participant.withdrawn_at.is_not(None), Standing.WITHDRAWN.value),
        (~anchor, Standing.NO_DAY_0.value),
        (Contact.opted_out_at.is_not(None), Standing.SAID_STOP.value),
        (Contact.unusable_since.is_not(None), Standing.NUMBER_UNUSABLE.value),
        else_=Standing.TAKING_PART.value,
    )


def _matching(wanted: WhomToList, now: datetime) -> list[ColumnElement[bool]]:
    matching: list[ColumnElement[bool]] = []
    if wanted.site is not None:
        matching.append(Site.code == wanted.site)
    if wanted.code:
        matching.append(Participant.code.icontains(wanted.code, autoescape=True))
    match wanted.group:
        case None:
            pass
        case Group.OPEN_NOW:
            matching.append(exists().where(Assessment.participant_id == Participant.id, open_at(now)))
        case Group.NOT_REACHABLE:
            matching.append(standing().in_([state.value for state in NOT_REACHABLE]))
        case group:
            matching.append(standing() == group.value)
    return matching


def _planned(ids: Sequence[int]) -> dict[int, list[Assessment]]:
    """The visits of these, each in the order of its days."""
    query = (
        select(Assessment)
        .where(Assessment.participant_id.in_(ids))
        .order_by(Assessment.participant_id, Assessment.day, Assessment.id)
    )
    by_participant = groupby(db.session.scalars(query), lambda assessment: assessment.participant_id)
    return {participant_id: list(theirs) for participant_id, theirs in by_participant}
