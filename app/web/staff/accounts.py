"""The page of one's own account: who I am here, my second factor, my password, and where I am signed in."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts import sessions
from app.accounts.models import Ended
from app.alerting import choosing, digesting
from app.alerting.chain import CHOICES
from app.config import current_settings
from app.core.problems import BadInput, Problem
from app.core.time import now
from app.studies.access import studies_of
from app.studies.installing import current_protocol
from app.web.language import STAFF_LANGUAGES, gettext
from app.web.staff.access import member, signed_in
from app.web.staff.signing_in import current_session, is_own_path

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/account")
@signed_in
def account() -> str:
    """My account: how I sign in, and where; of what I am told by e-mail."""
    return _page()


@blueprint.post("/account/alerts")
@signed_in
def alerts() -> str | Response | tuple[str, int]:
    """From now on I am told of what cannot wait as I chose for each place."""
    prefix = "after-"
    wishes = {name.removeprefix(prefix): wish for name, wish in request.form.items() if name.startswith(prefix)}
    try:
        choosing.choose(member(), wishes)
    except Problem as problem:
        return _page(problem), problem.status
    flash(gettext("Kept: when you are told by e-mail."))
    return redirect(url_for("accounts.account", _anchor="alerts"), 303)


@blueprint.post("/account/digests")
@signed_in
def digests() -> Response:
    """From now on the week comes by e-mail for the places that I ticked."""
    digesting.choose_digests(member(), request.form.getlist("digest"))
    flash(gettext("Kept: of which places the week comes to you."))
    return redirect(url_for("accounts.account", _anchor="digests"), 303)


def _page(problem: Problem | None = None) -> str:
    return render_template(
        "accounts/account.html",
        user=member(),
        sessions=sessions.open_sessions(member(), now()),
        this=current_session(),
        zone=_zone(),
        places=choosing.may_choose(member()),
        weeks=digesting.digest_places(member()),
        choices=[(str(minutes), minutes) for minutes in CHOICES],
        mails_leave=bool(current_settings().smtp_url),
        problem=problem,
    )


def _zone() -> str:
    """Whose clocks the page shows: those of the first study she works for."""
    first = next(iter(studies_of(member())), None)
    return current_protocol(first).plan.zone if first else "UTC"


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
