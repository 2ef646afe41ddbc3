"""Who wants to be told: each member of staff chooses for herself, for each place where she may close a task."""

from collections.abc import Mapping, Sequence

from sqlalchemy import or_, select

from app.accounts.models import User
from app.accounts.roles import GRANTS, Permission, Role
from app.alerting.chain import CHOICES
from app.core.database import db
from app.core.problems import BadInput
from app.participants.models import Participant
from app.studies.access import memberships
from app.studies.models import Membership, Site, Study

ALERTED_ROLES = tuple(role for role in Role if Permission.RECORD_EVENTS in GRANTS[role])
"""Who may close a task may be told of it."""


def may_choose(user: User) -> list[Membership]:
    """The places for which she may choose."""
    return [held for held in memberships(user) if held.role in ALERTED_ROLES]


def choose(user: User, wishes: Mapping[str, str]) -> None:
    """From now on she is told so: after how many minutes (nothing: never), by the id of what she is in a study."""
    sentence = "Choose one of the list."
    for held in may_choose(user):
        wish = wishes.get(str(held.id), "" if held.alerted_after is None else str(held.alerted_after))
        if wish not in ("", *map(str, CHOICES)):
            raise BadInput(sentence, errors={f"after-{held.id}": sentence})
        held.alerted_after = int(wish) if wish else None
    db.session.flush()


def chain_of(study_id: int, site_id: int) -> dict[int, int]:
    """Who is told of a task at this site, by id, and after how many minutes."""
    query = (
        select(Membership.user_id, Membership.alerted_after)
        .join(User, User.id == Membership.user_id)
        .where(Membership.study_id == study_id, or_(Membership.site_id.is_(None), Membership.site_id == site_id))
        .where(Membership.role.in_(ALERTED_ROLES), Membership.alerted_after.is_not(None), User.active)
        .order_by(Membership.alerted_after.desc(), Membership.id)
    )
    return {user_id: minutes for user_id, minutes in db.session.execute(query) if minutes is not None}


def chain_at(participant: Participant) -> dict[int, int]:
    """Who is told of a task of hers."""
    return chain_of(participant.study_id, participant.site_id)


def chains(study: Study, sites: Sequence[Site]) -> list[tuple[Site, list[tuple[User, int]]]]:
    """Who is told at each of these sites, in their order; of a site where nobody is, an empty list."""
    members = {site.id: chain_of(study.id, site.id) for site in sites}
    query = select(User).where(User.id.in_({person for chain in members.values() for person in chain}))
    people = {person.id: person for person in db.session.scalars(query.order_by(User.id))}
    in_turn = {place: sorted(chain.items(), key=lambda step: (step[1], step[0])) for place, chain in members.items()}
    return [(site, [(people[person], minutes) for person, minutes in in_turn[site.id]]) for site in sites]
