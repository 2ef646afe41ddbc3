"""The link of an invitation: she sees for what she is invited, chooses a password, and works here. It proves itself."""

from typing import NoReturn

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.audit import start_acting
from app.core.problems import BadInput, NotFound, Problem
from app.core.time import now
from app.schedule.links import token_within
from app.studies.inviting import FORM_OF_TOKEN, UNKNOWN, accept, invitation_of
from app.web.language import gettext

blueprint = Blueprint("invitations", __name__, url_prefix="/invitation")


@blueprint.before_request
def _without_its_tail() -> ResponseReturnValue | None:
    """To the link itself, where the mail that it came in glued something on: a full stop, a bracket, a slash."""
    if request.method not in ("GET", "HEAD"):
        return None
    token = token_within("".join((request.view_args or {}).values()), FORM_OF_TOKEN)
    return None if token is None else redirect(url_for("invitations.show", token=token))


@blueprint.get("/<path:rest>")
def mistyped(rest: str) -> NoReturn:
    """A path into which no token of ours was cut."""
    raise NotFound(UNKNOWN)


@blueprint.get("/<token>")
def show(token: str) -> str:
    """For what she is invited, and the form for her password."""
    return _page(token)


@blueprint.post("/<token>")
def take(token: str) -> ResponseReturnValue:
    """She chose a password: she may sign in from now on."""
    invitation = invitation_of(token, now())
    start_acting(f"invitation:{invitation.id}")
    password, again = request.form.get("password", ""), request.form.get("again", "")
    try:
        if password != again:
            raise BadInput("The two passwords are not the same.", errors={"again": "Write the same password twice."})
        accept(token, password, now())
    except BadInput as problem:
        return _page(token, problem), problem.status
    flash(gettext("Welcome. Sign in with your address and the password that you chose."))
    return redirect(url_for("security.login"), 303)


def _page(token: str, problem: Problem | None = None) -> str:
    return render_template("accounts/invitation.html", invitation=invitation_of(token, now()), problem=problem)
