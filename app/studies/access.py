"""What a user may do in a study, and at which of its sites. The one query that scopes every list."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from app.accounts.models import ApiToken, User
from app.accounts.roles import GRANTS, Permission, Role
from app.core.database import db
from app.core.problems import Conflict, Forbidden, NotFound
from app.studies.models import Membership, Site, Study, TokenBinding

EVERYTHING = frozenset(Permission)


@dataclass(frozen=True)
class Scope:
    """A study, the sites of it a user may see under one permission, and all she may do there."""

    study: Study
    site_ids: tuple[int, ...]
    permissions: frozenset[Permission]
    whole: bool
    """Whether these are all of the study's sites: what holds everybody's data asks for it."""
    where: Mapping[Permission, frozenset[int | None]] = field(default_factory=dict)
    """The sites at which she holds each permission; no site stands for all of them."""

    def may(self, permission: Permission) -> bool:
        """Whether she holds this permission somewhere in the study: enough to show her the way."""
        return permission in self.permissions

    def may_at(self, site_id: int, permission: Permission) -> bool:
        """Whether she holds it at this site: what of a person there is shown asks this."""
        return not {site_id, None}.isdisjoint(self.where.get(permission, ()))


def admit(
    user: User,
    code: str,
    permission: Permission,
    *,
    issued_for: frozenset[Permission] = EVERYTHING,
    bound: TokenBinding | None = None,
    whole: str = "",
) -> Scope:
    """The sites where she holds `permission` in the study of this code, with a key `issued_for` this and `bound` there.

    NotFound where she does not work: she does not learn that there is such a study. Forbidden where she does, but may
    not do this, or may not do it at all sites although `whole` (what she asks for, in words) holds them all.
    """
    study = next((study for study in studies_of(user) if study.code == code), None)
    if study is None or (bound is not None and bound.study_id != study.id):
        raise NotFound("There is no such study, or you do not work for it.")
    if permission not in issued_for:
        raise Forbidden(f"This token was not issued for: {permission.value}.")
    admitted = scope(user, study, permission, issued_for, bound)
    if admitted is None:
        raise Forbidden(f"Your role in {code} does not include: {permission.value}.")
    if whole and not admitted.whole:
        raise Forbidden(f"{whole} holds all sites of the study, and your role does not.")
    return admitted


def scope(
    user: User,
    study: Study,
    permission: Permission,
    issued_for: frozenset[Permission] = EVERYTHING,
    bound: TokenBinding | None = None,
) -> Scope | None:
    """The sites where `user` holds `permission` in `study`, and a key was issued for it; nothing if there is none."""
    memberships = select(Membership).filter_by(user_id=user.id, study_id=study.id)
    held = list(db.session.scalars(memberships.order_by(Membership.id)))
    if bound is not None and bound.site_id is not None:  # what she is elsewhere is worth nothing there
        held = [member for member in held if member.site_id in (None, bound.site_id)]
    fitting = [member for member in held if permission in GRANTS[member.role] & issued_for]
    if not fitting or (bound is not None and bound.study_id != study.id):
        return None
    site_ids = select(Site.id).where(Site.study_id == study.id).order_by(Site.code)
    whole = any(member.site_id is None for member in fitting)
    if not whole:
        site_ids = site_ids.where(Site.id.in_([member.site_id for member in fitting]))
    if bound is not None and bound.site_id is not None:
        whole, site_ids = False, site_ids.where(Site.id == bound.site_id)
    where = {
        each: frozenset(member.site_id for member in held if each in GRANTS[member.role]) for each in sorted(issued_for)
    }
    granted = {each: places for each, places in where.items() if places}
    return Scope(study, tuple(db.session.scalars(site_ids)), frozenset(granted), whole, granted)


def sites(scope: Scope) -> list[Site]:
    """The sites of a scope, by code."""
    return list(db.session.scalars(select(Site).where(Site.id.in_(scope.site_ids)).order_by(Site.code)))


def studies_of(user: User) -> list[Study]:
    """The studies she works for."""
    query = select(Study).join(Membership, Membership.study_id == Study.id).filter(Membership.user_id == user.id)
    return list(db.session.scalars(query.distinct().order_by(Study.code)))


def memberships(user: User) -> list[Membership]:
    """What she is, in each study."""
    query = select(Membership).filter_by(user_id=user.id).join(Study, Study.id == Membership.study_id)
    return list(db.session.scalars(query.order_by(Study.code, Membership.id)))


def bind(token: ApiToken, study: Study, site: Site | None = None) -> TokenBinding:
    """From now on the token opens this study alone, at this site if one is named."""
    binding = TokenBinding(token=token, study=study, site=site)
    db.session.add(binding)
    db.session.flush()
    return binding


def binding(token: ApiToken) -> TokenBinding | None:
    """Where the token is bound to, if it is."""
    return db.session.scalar(select(TokenBinding).filter_by(token_id=token.id))


def join(user: User, study: Study, role: Role, site: Site | None = None) -> Membership:
    """Make `user` a `role` in `study`, at one site or at all of them."""
    held = {"user_id": user.id, "study_id": study.id, "role": role, "site_id": site.id if site else None}
    if db.session.scalar(select(Membership.id).filter_by(**held)) is not None:
        raise Conflict(f"{user.email} is {role.value} in {study.code} already.")
    member = Membership(user=user, study=study, role=role, site=site)
    db.session.add(member)
    db.session.flush()
    return member
