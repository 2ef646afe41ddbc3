"""The page of one's own account: who I am here, my second factor, my password, and where I am signed in."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts import sessions
from app.accounts.models import Ended
from app.core.problems import BadInput
from app.core.time import now
from app.web.language import STAFF_LANGUAGES, gettext
from app.web.staff.access import member, signed_in
from app.web.staff.signing_in import current_session, is_own_path

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/account")
@signed_in
def account() -> str:
    """My account: how I sign in, and where."""
    mine = sessions.open_sessions(member(), now())
    return render_template("accounts/account.html", user=member(), sessions=mine, this=current_session())


@blueprint.post("/account/language")
@signed_in
def language() -> Response:
    """My pages are in this language from now on, on every machine; back to where I was."""
    chosen, back = request.form.get("language", ""), request.form.get("back", "")
    if chosen not in STAFF_LANGUAGES:
        raise BadInput("Choose one of the languages.", errors={"language": "Choose one of the list."})
    member().language = chosen
    return redirect(back if is_own_path(back) else url_for("accounts.account"), 303)


@blueprint.post("/account/sessions/<int:session_id>/end")
@signed_in
def end_session(session_id: int) -> Response:
    """Sign me out there."""
    sessions.end(sessions.open_session(member(), session_id, now()), Ended.FROM_THE_LIST, now())
    flash(gettext("That session has ended."))
    return redirect(url_for("accounts.account"))
