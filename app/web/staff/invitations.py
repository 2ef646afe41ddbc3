"""The link of an invitation: she sees for what she is invited, chooses a password, and works here. It proves itself."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.audit import start_acting
from app.core.problems import BadInput, Problem
from app.core.time import now
from app.studies.inviting import accept, invitation_of
from app.web.language import gettext

blueprint = Blueprint("invitations", __name__, url_prefix="/invitation")


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
