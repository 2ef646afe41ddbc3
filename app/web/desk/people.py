"""Who works for the study: invited by a link, with which role at which sites; second factors, tokens, last sign-in."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.accounts.models import User
from app.accounts.roles import Permission, Role
from app.accounts.tokens import revoke
from app.alerting.choosing import chains
from app.core.audit import start_acting
from app.core.database import db
from app.core.problems import NotFound, Problem
from app.core.time import now
from app.permitting import current_scope
from app.studies.installing import current_protocol
from app.studies.inviting import give_role, invite, waiting, withdraw_invitation
from app.studies.models import Invitation, Site, Study
from app.studies.people import people, remove_identity, reset_second_factor, roles_in, tokens_in, withdraw
from app.web.desk.as_shown import Facts, hold_as_shown, marked
from app.web.desk.changing import Answer
from app.web.desk.forms import Fields
from app.web.language import gettext
from app.web.staff.access import actor, confirmed, member, requires
from app.web.staff.resuming import refuse_resumed

blueprint = Blueprint("desk_people", __name__, url_prefix="/desk/<study>/people")


@blueprint.get("/")
@requires(Permission.MANAGE_USERS, whole_study=True)
def listing() -> str:
    """Everybody who works for the study, who is invited, and the keys of programs."""
    return _page()


@blueprint.post("/invitations")
@requires(Permission.MANAGE_USERS, whole_study=True)
@confirmed
def send_invitation() -> Answer:
    """Invite somebody: the link is the answer to this form, and is shown once."""
    fields = Fields(request.form)
    try:
        refuse_resumed()
        role, site = _role_and_site(fields)
        invitation, token = invite(_study(), fields.text("email"), fields.text("name"), role, site, member(), now())
    except Problem as problem:
        return _page(problem, about="invite"), problem.status
    return _page(invited=invitation, link=url_for("invitations.show", token=token, _external=True))


@blueprint.post("/invitations/<int:invitation_id>/withdrawal")
@requires(Permission.MANAGE_USERS, whole_study=True)
@confirmed
def end_invitation(invitation_id: int) -> Answer:
    """The link opens nothing any more."""
    row = db.session.scalar(select(Invitation).filter_by(id=invitation_id, study_id=_study().id))
    if row is None:
        raise NotFound(gettext("There is no such invitation."))
    withdraw_invitation(row, now())
    flash(gettext("The invitation is withdrawn."))
    return _back()


@blueprint.post("/<int:user_id>/roles")
@requires(Permission.MANAGE_USERS, whole_study=True)
@confirmed
def change_role(user_id: int) -> Answer:
    """Give a role, or take one back: her sessions end then."""
    person, fields = _person(user_id), Fields(request.form)
    try:
        _hold_as_shown(person)
        role, site = _role_and_site(fields)
        if fields.text("act") == "withdraw":
            withdraw(person, _study(), role, site, now())
            flash(gettext("The role is taken back. Her sessions are ended."))
        else:
            give_role(person, _study(), role, site, member())
            flash(gettext("She has the role now."))
    except Problem as problem:
        return _page(problem, about=f"role-{user_id}"), problem.status
    return _back()


@blueprint.post("/<int:user_id>/second-factor")
@requires(Permission.MANAGE_USERS, whole_study=True)
@confirmed
def forget_second_factor(user_id: int) -> Answer:
    """Her second factor and passkeys are forgotten, for a reason; she sets up new ones."""
    person, reason = _person(user_id), request.form.get("reason", "")
    start_acting(actor(), reason)
    try:
        _hold_as_shown(person)
        reset_second_factor(person, member(), reason, now())
    except Problem as problem:
        return _page(problem, about=f"factor-{user_id}"), problem.status
    flash(gettext("Her second factor is forgotten. She sets up a new one at her next sign-in."))
    return _back()


@blueprint.post("/<int:user_id>/identity")
@requires(Permission.MANAGE_USERS, whole_study=True)
@confirmed
def disconnect(user_id: int) -> Answer:
    """She signs in by the identity provider no more, for a reason: her sessions end."""
    person, reason = _person(user_id), request.form.get("reason", "")
    start_acting(actor(), reason)
    try:
        _hold_as_shown(person)
        remove_identity(person, member(), reason, now())
    except Problem as problem:
        return _page(problem, about=f"identity-{user_id}"), problem.status
    flash(gettext("The connection is removed. Her sessions are ended."))
    return _back()


@blueprint.post("/tokens/<int:token_id>/revocation")
@requires(Permission.MANAGE_USERS, whole_study=True)
@confirmed
def revoke_token(token_id: int) -> Answer:
    """The key of a program opens nothing from now on."""
    token = next((each.token for each in tokens_in(_study()) if each.token.id == token_id), None)
    if token is None:
        raise NotFound(gettext("There is no such token."))
    revoke(token, now())
    flash(gettext("The token is revoked."))
    return _back()


def _hold_as_shown(person: User) -> None:
    keep, zone = url_for("desk_people.listing", study=_study().code), current_protocol(_study()).plan.zone
    hold_as_shown([person], lambda: _facts(person), keep=keep, zone=zone)


def _facts(person: User) -> Facts:
    """Her roles here, and whether she has a second factor; its own secret stays where it is."""
    held = roles_in(_study())[person.id]
    roles = [f"{each.role.value} {each.site.code}" if each.site else each.role.value for each in held]
    factor = ["authenticator" if person.tf_totp_secret else "none", f"passkeys: {len(person.webauthn)}"]
    signs_in = [identity.bound_at for identity in person.identities]
    return {"Roles": roles, "Second factor": factor, "Connected since": signs_in}


def _role_and_site(fields: Fields) -> tuple[Role, Site | None]:
    role = fields.choice("role", list(Role))
    codes = {site.code: site for site in _sites()}
    code = fields.text("site")
    if code and code not in codes:
        fields.errors["site"] = "Choose one of the list."
    fields.check()
    return Role(role), codes.get(code)


def _person(user_id: int) -> User:
    person = next((each for each in people(_study()) if each.id == user_id), None)
    if person is None:
        raise NotFound(gettext("There is nobody like this in the study."))
    return person


def _study() -> Study:
    return current_scope().study


def _sites() -> list[Site]:
    return list(db.session.scalars(select(Site).filter_by(study_id=_study().id).order_by(Site.code)))


def _page(problem: Problem | None = None, *, about: str = "", invited: Invitation | None = None, link: str = "") -> str:
    at, roles, members = now(), roles_in(_study()), people(_study())
    forms = {person.id: (f"role-{person.id}", f"factor-{person.id}", f"identity-{person.id}") for person in members}
    return render_template(
        "desk/people.html",
        people=[(person, roles[person.id]) for person in members],
        seen={person.id: marked(_facts(person), problem if about in forms[person.id] else None) for person in members},
        invitations=waiting(_study(), at),
        tokens=tokens_in(_study()),
        offered=list(Role),
        sites=_sites(),
        chains=chains(_study(), _sites()),
        problem=problem,
        about=about,
        sent=request.form,
        invited=invited,
        link=link,
        at=at,
    )


def _back() -> Response:
    return redirect(url_for("desk_people.listing", study=_study().code), 303)
