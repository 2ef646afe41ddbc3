"""Who works for a study, and what an administrator does: takes a role back, resets a second factor that was lost."""

from typing import TypedDict

from sqlalchemy import select

from app.accounts.models import ApiToken, User
from app.accounts.roles import Permission, Role
from app.accounts.users import find_user
from app.api.access import because, current_token, requires
from app.api.blueprint import blueprint
from app.api.operations import operation
from app.api.schemas import PeopleSchema, SecondFactorSchema, WithdrawalSchema
from app.core.database import db
from app.core.problems import NotFound
from app.core.time import now
from app.permitting import current_scope
from app.studies.access import binding, memberships
from app.studies.installing import site as find_site
from app.studies.people import people, reset_second_factor, withdraw

PEOPLE_PATH = "/studies/<study>/people"
ALL = "Who works for a study"


class Withdrawal(TypedDict):
    """As the schema checked it."""

    email: str
    role: Role
    site: str | None
    reason: str


@blueprint.get(PEOPLE_PATH)
@requires(Permission.MANAGE_USERS, whole_study=True, what=ALL)
@operation("Who works for the study, with roles and tokens", answer=PeopleSchema)
def people_of_study() -> dict[str, object]:
    """Who works for the study, in the order of their addresses."""
    return {"items": [_line(user) for user in people(current_scope().study)]}


@blueprint.post(f"{PEOPLE_PATH}/withdrawals")
@requires(Permission.MANAGE_USERS, whole_study=True, what=ALL)
@operation("Take a role back; her sessions end", body=WithdrawalSchema, answer=PeopleSchema)
def withdraw_role(body: Withdrawal) -> dict[str, object]:
    """The people who are left."""
    study = current_scope().study
    because(body["reason"])
    where = find_site(study, body["site"]) if body["site"] else None
    withdraw(_colleague(body["email"]), study, body["role"], where, now())
    db.session.flush()
    return {"items": [_line(user) for user in people(study)]}


@blueprint.post(f"{PEOPLE_PATH}/second-factor-resets")
@requires(Permission.MANAGE_USERS, whole_study=True, what=ALL)
@operation("Reset a second factor that was lost", body=SecondFactorSchema, answer=PeopleSchema)
def reset_factor(body: dict[str, str]) -> dict[str, object]:
    """She sets up a new one at her next sign-in."""
    because(body["reason"])
    reset_second_factor(_colleague(body["email"]), current_token().user, body["reason"], now())
    return {"items": [_line(user) for user in people(current_scope().study)]}


def _colleague(email: str) -> User:
    """Somebody of this study; of others one does not learn whether they have an account."""
    colleagues = {user.id for user in people(current_scope().study)}
    try:
        user = find_user(email)
    except NotFound:
        user = None
    if user is None or user.id not in colleagues:
        raise NotFound(f"Nobody with the address {email} works for this study.")
    return user


def _line(user: User) -> dict[str, object]:
    study = current_scope().study
    roles = [
        {"role": member.role, "site": member.site.code if member.site else None}
        for member in memberships(user)
        if member.study_id == study.id
    ]
    query = select(ApiToken).filter_by(user_id=user.id, revoked_at=None).order_by(ApiToken.id)
    facts = {"email": user.email, "name": user.name, "active": user.active, "program": user.is_program}
    keys = [_token(token) for token in db.session.scalars(query)]
    return {**facts, "second_factor": bool(user.tf_primary_method or user.webauthn), "roles": roles, "tokens": keys}


def _token(token: ApiToken) -> dict[str, object]:
    bound = binding(token)
    where = {"study": bound.study.code if bound else None, "site": bound.site.code if bound and bound.site else None}
    shown = {"prefix": token.prefix, "permissions": token.permissions, "expires_at": token.expires_at}
    return {**shown, **where, "last_used_at": token.use.used_at}
