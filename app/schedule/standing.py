"""How participants stand: what of theirs was expected and answered, what is open, and whether texts reach them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.core.database import db
from app.participants.models import Event, EventState, Participant
from app.schedule.compliance import Cell, assessments
from app.schedule.models import Assessment, State
from app.studies.models import Study


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
        if contact.opted_out_at is not None:
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
        visits=Cell(Counter(state for _, state in states)),
        open=tuple(assessment for assessment, state in states if state is State.OPEN),
        next=next((assessment for assessment, state in states if state is State.NOT_DUE), None),
    )


def everybodys_progress(study: Study, site_ids: Iterable[int], now: datetime) -> list[Progress]:
    """Everybody at these sites, by pseudonym."""
    sites = list(site_ids)
    by_participant = groupby(assessments(study, sites), lambda assessment: assessment.participant_id)
    planned = {participant_id: list(theirs) for participant_id, theirs in by_participant}
    query = (
        select(Participant)
        .where(Participant.study_id == study.id, Participant.site_id.in_(sites))
        .options(selectinload(Participant.contact), selectinload(Participant.events), selectinload(Participant.site))
        .order_by(Participant.code)
    )
    return [progress(participant, planned.get(participant.id, []), now) for participant in db.session.scalars(query)]
