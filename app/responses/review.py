"""What a planned review of the data looks at: corrections per site, answers given in haste, telephones that several
participants share, submissions outside their windows."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, or_, select

from app.core.database import db
from app.participants.models import Contact, Participant
from app.participants.visible import visible
from app.responses.models import Correction, CorrectionOutcome, Mode, Response
from app.schedule.models import Assessment
from app.studies.access import Scope
from app.studies.models import Site

HASTY = timedelta(seconds=20)
ON_THE_PAGE = (Mode.PAGE, Mode.HELPED)


@dataclass(frozen=True)
class SiteCorrections:
    """The queries of a site: of how many responses, how many were asked, and what became of them."""

    site: str
    responses: int
    queries: int
    approved: int
    refused: int
    waiting: int


@dataclass(frozen=True)
class Noticed:
    """A visit that is worth a look: whose, which, and why in seconds or minutes."""

    participant: str
    visit: str
    number: int


@dataclass(frozen=True)
class Review:
    """All that a review looks at, at the sites of who asks."""

    corrections: tuple[SiteCorrections, ...]
    hasty: tuple[Noticed, ...]
    shared: tuple[tuple[str, ...], ...]
    outside: tuple[Noticed, ...]


def review(scope: Scope) -> Review:
    """What there is to look at, at her sites."""
    return Review(_corrections(scope), _hasty(scope), _shared(scope), _outside(scope))


def _corrections(scope: Scope) -> tuple[SiteCorrections, ...]:
    def of(*outcome: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(Correction.id.distinct()).filter(*outcome)

    query = (
        select(
            Site.code,
            func.count(Response.id.distinct()),
            of(),
            of(Correction.outcome == CorrectionOutcome.APPROVED),
            of(Correction.outcome == CorrectionOutcome.REFUSED),
            of(Correction.outcome.is_(None)),
        )
        .select_from(Site)
        .outerjoin(Participant, Participant.site_id == Site.id)
        .outerjoin(Assessment, Assessment.participant_id == Participant.id)
        .outerjoin(Response, Response.assessment_id == Assessment.id)
        .outerjoin(Correction, Correction.response_id == Response.id)
        .where(Site.study_id == scope.study.id, Site.id.in_(scope.site_ids))
        .group_by(Site.code)
        .order_by(Site.code)
    )
    return tuple(SiteCorrections(*row) for row in db.session.execute(query))


def _hasty(scope: Scope) -> tuple[Noticed, ...]:
    """Visits on the page that took under twenty seconds from the first act to the submission.

    Not those whose submission is the first act that we saw, as without the script: when she began, nobody knows.
    """
    took = Response.submitted_at - Assessment.opened_at
    query = (
        select(Participant.code, Assessment.visit, func.extract("epoch", took))
        .join_from(Response, Response.assessment)
        .join(Assessment.participant)
        .where(visible(scope), Response.mode.in_(ON_THE_PAGE), took > timedelta(), took < HASTY)
        .order_by(Participant.code, Assessment.day, Assessment.id)
    )
    return tuple(Noticed(code, visit, int(seconds)) for code, visit, seconds in db.session.execute(query))


def _shared(scope: Scope) -> tuple[tuple[str, ...], ...]:
    """Participants with one telephone; which number it is, is not said."""
    codes = func.array_agg(Participant.code.distinct())
    query = (
        select(codes)
        .join_from(Contact, Participant, Participant.id == Contact.participant_id)
        .where(visible(scope), Contact.phone_fingerprint.is_not(None))
        .group_by(Contact.phone_fingerprint)
        .having(func.count() > 1)
    )
    return tuple(sorted(tuple(sorted(group)) for group in db.session.scalars(query)))


def _outside(scope: Scope) -> tuple[Noticed, ...]:
    """Visits that were submitted before they opened or after they closed, and by how many minutes."""
    early, late = Assessment.opens_at - Assessment.submitted_at, Assessment.submitted_at - Assessment.closes_at
    by = func.greatest(func.extract("epoch", early), func.extract("epoch", late))
    outside = or_(Assessment.submitted_at < Assessment.opens_at, Assessment.submitted_at >= Assessment.closes_at)
    query = (
        select(Participant.code, Assessment.visit, by)
        .join_from(Assessment, Assessment.participant)
        .where(visible(scope), outside)
        .order_by(Participant.code, Assessment.day, Assessment.id)
    )
    return tuple(Noticed(code, visit, int(seconds) // 60) for code, visit, seconds in db.session.execute(query))
