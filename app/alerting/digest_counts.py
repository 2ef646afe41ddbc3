"""What a week's digest says of a site, or of all sites of a study: counts alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.core.database import db
from app.participants.visible import visible
from app.responses import waiting
from app.schedule.ahead import Turning, week_ahead
from app.schedule.compliance import compliance
from app.schedule.models import ANSWERED, Assessment, open_at, state_at
from app.schedule.states import MISSING
from app.studies.access import Scope, sites

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class DigestCounts:
    """Nobody's name or code is in it, and no answer."""

    to_call: int
    open_now: int
    opening: int
    closing: int
    answered: int
    missed: int
    expected: int
    answered_of_expected: int

    @property
    def percent(self) -> int | None:
        """Answered of expected since the study began; nothing where nothing was expected."""
        return round(100 * self.answered_of_expected / self.expected) if self.expected else None


def digest_counts(scope: Scope, now: datetime) -> DigestCounts:
    """As the desk counts them for these sites at `now`; of the last week and of the one that begins today."""
    lately = Assessment.grace_until.between(now - WEEK, now), state_at(now).in_([state.value for state in MISSING])
    received = Assessment.submitted_at.between(now - WEEK, now), state_at(now).in_([each.value for each in ANSWERED])
    counting = select(
        func.count().filter(open_at(now)), func.count().filter(*received), func.count().filter(*lately)
    ).select_from(Assessment)
    open_now, answered, missed = db.session.execute(counting.join(Assessment.participant).where(visible(scope))).one()
    lines, _ = week_ahead(scope.study, sites(scope), now)
    turning = [line.what for line in lines]
    total = compliance(scope.study, now, scope.site_ids).total()
    return DigestCounts(
        to_call=waiting.count(scope, now),
        open_now=open_now,
        opening=turning.count(Turning.OPENS),
        closing=turning.count(Turning.LAST_DAY),
        answered=answered,
        missed=missed,
        expected=total.expected,
        answered_of_expected=total.answered,
    )
