"""The weekly digest: each member of a site's staff is told by e-mail how her site stands. A job of the clock.

Once a week and place for each of them, over any number of clocks: a row that is unique makes it owed once, and a claim
is committed before the network is touched. A clock that ends between sending and settling leaves a digest of which
nobody knows whether it left; it is not sent again, for the desk says the same.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from app.accounts.models import User
from app.accounts.roles import GRANTS, Permission, Role
from app.alerting.digest_counts import digest_counts
from app.alerting.digest_wording import compose_digest
from app.alerting.models import SiteDigest
from app.alerting.posting import post
from app.config import Settings, current_settings
from app.core.audit import acting
from app.core.batches import table
from app.core.database import db, transaction
from app.core.patience import unhurried
from app.schedule.calendar import instant, local_day
from app.studies.access import Scope, memberships
from app.studies.installing import current_protocol
from app.studies.models import Membership, Site, Study
from app.studies.states import StudyState

DIGEST_ROLES = tuple(role for role in Role if Permission.VIEW_PARTICIPANT in GRANTS[role])
"""Who works with the people of a site."""
DIGEST_STATES = (StudyState.DEMO, StudyState.LIVE, StudyState.RECRUITING_STOPPED)
"""In the others nobody is asked."""
DIGEST_HOUR = time(7)
OWED_FOR = timedelta(days=3)
"""A digest that could not leave on Monday leaves until Wednesday; after that the next one is near."""
DIGEST_WAITS = timedelta(hours=1)


def send_digests(_: object, now: datetime) -> int:
    """Write down who is owed this week's digest, and send what waits; returns how many left."""
    return send_digests_by(current_settings(), now)


def send_digests_by(settings: Settings, now: datetime) -> int:
    """The same by these settings."""
    if settings.production and not settings.smtp_url:
        return 0  # nobody could be told; the page of one's account says so
    with acting("clock"), unhurried(), transaction():
        owe_digests(now)
    sent = 0
    while (claimed := _claim(settings, now)) is not None:
        digest_id, mail = claimed
        failure = post(mail, settings)
        with acting("clock"), transaction():
            sent += _settle(digest_id, failure, now)
    return sent


def owe_digests(now: datetime) -> int:
    """This week's digest for each who is told, from Monday morning on where the study is; returns how many are new."""
    rows = []
    for study in db.session.scalars(select(Study).where(Study.state.in_(DIGEST_STATES)).order_by(Study.id)):
        week = week_of(study, now)
        if week is not None:
            rows += [_row(held, week, now) for held in _told(study)]
    if not rows:
        return 0
    added = insert(table(SiteDigest)).values(rows).on_conflict_do_nothing().returning(table(SiteDigest).c.id)
    return len(db.session.scalars(added).all())


def week_of(study: Study, now: datetime) -> date | None:
    """The Monday of the week whose digest is owed at `now` on the clocks of the study, if one is."""
    zone = current_protocol(study).plan.zone_info
    today = local_day(now, zone)
    monday = today - timedelta(days=today.weekday())
    begins = instant(monday, DIGEST_HOUR, zone)
    return monday if begins <= now < begins + OWED_FOR else None


def digest_places(user: User) -> list[Membership]:
    """The places of whose week she may be told, with whether she is."""
    return [held for held in memberships(user) if held.role in DIGEST_ROLES]


def choose_digests(user: User, wanted: Sequence[str]) -> None:
    """From now on she is told of these places alone, by the ids of what she is there."""
    for held in digest_places(user):
        held.weekly_digest = str(held.id) in wanted
    db.session.flush()


def _told(study: Study) -> Sequence[Membership]:
    """Who is told of which place: of one's site where it is active; two roles at a site are one."""
    query = (
        select(Membership)
        .join(User, User.id == Membership.user_id)
        .outerjoin(Site, Site.id == Membership.site_id)
        .where(Membership.study_id == study.id, Membership.role.in_(DIGEST_ROLES), Membership.weekly_digest)
        .where(User.active, or_(Membership.site_id.is_(None), Site.active))
        .order_by(Membership.id)
    )
    return db.session.scalars(query).all()


def _row(held: Membership, week: date, now: datetime) -> dict[str, object]:
    place = {"user_id": held.user_id, "study_id": held.study_id, "site_id": held.site_id}
    return {**place, "week": week, "raised_at": now, "not_before": now}


def _claim(settings: Settings, now: datetime) -> tuple[int, EmailMessage] | None:
    """The next digest that waits, with its mail; one that nobody wants any more, or is of last week, is called off."""
    waits = (
        SiteDigest.sent_at.is_(None), SiteDigest.called_off_at.is_(None), SiteDigest.claimed_at.is_(None),
        SiteDigest.not_before <= now,
    )  # fmt: skip
    with acting("clock"), transaction():
        query = select(SiteDigest).where(*waits).order_by(SiteDigest.id).options(joinedload(SiteDigest.user))
        for row in db.session.scalars(query.with_for_update(of=SiteDigest, skip_locked=True, key_share=True)):
            scope = _scope(row)
            if row.week != week_of(row.study, now) or scope is None:
                row.called_off_at = now
                continue
            row.claimed_at = now
            return row.id, compose_digest(row, digest_counts(scope, now), settings, now)
    return None


def _scope(row: SiteDigest) -> Scope | None:
    """The sites of which she is told, if she still works there and wants to be."""
    still = [(held.user_id, held.site_id) for held in _told(row.study)]
    if (row.user_id, row.site_id) not in still:
        return None
    ids = select(Site.id).where(Site.study_id == row.study_id).order_by(Site.code)
    site_ids = (row.site_id,) if row.site_id is not None else tuple(db.session.scalars(ids))
    return Scope(row.study, site_ids, frozenset({Permission.VIEW_PARTICIPANT}), row.site_id is None)


def _settle(digest_id: int, failure: str | None, now: datetime) -> bool:
    """Write down what came of it; whether it left. What the server refused is tried again within the hour."""
    row = db.session.get_one(SiteDigest, digest_id, with_for_update={"key_share": True}, populate_existing=True)
    row.failure = failure
    if failure is None:
        row.sent_at = now
        return True
    row.claimed_at, row.not_before = None, now + DIGEST_WAITS
    return False
