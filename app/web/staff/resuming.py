"""A session that ends in the middle of a form: after signing in again the form stands there as it was, nothing done.

A form carries in `_whose`, signed, whose page it was. What comes of it without a session, or with one that has to be
confirmed, is kept closed for that person (`app.accounts.kept_forms`) and shown again at its address with `?resumed=`.
Secrets (a PIN, a password, a code) are not kept.
"""

from dataclasses import dataclass
from typing import cast
from urllib.parse import urlencode

from flask import Flask, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import text
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from app.accounts.kept_forms import keep, kept
from app.accounts.models import User
from app.config import current_settings
from app.core.audit import acting
from app.core.database import db
from app.core.problems import Problem
from app.core.time import now
from app.permitting import View, asked_by
from app.web.edge import FORM_TYPE
from app.web.staff.sending_twice import ONCE

WHOSE = "_whose"
RESUMED = "resumed"
PAGE_LASTS = 24 * 3600
"""So long, in seconds, a page that was left open still says whose it was."""
NOT_KEPT = frozenset({"csrf_token", WHOSE, ONCE, "pin", "password", "again", "code"})
SIGNED_OUT = (
    "You were signed out, or had to confirm that it is you, before this was stored. Nothing of it is done. "
    "Look at it, and send it again. A PIN has to be typed anew."
)
IN_PLACE = frozenset(
    {
        "desk_events.save",
        "desk_enrolment.save",
        "desk_enrolment.correct_phone",
        "desk_enrolment.correct_email",
        "desk_enrolment.note_randomisation",
        "desk_record.act",
        "desk_record.note_new_consent",
        "desk_record.note_leaving",
        "desk_identity.save",
        "desk_texts.act",
        "desk_opening.save",
        "desk_visit.leave_undone",
        "desk_sites.change",
        "desk_amendments.apply",
        "desk_people.change_role",
        "desk_people.forget_second_factor",
        "desk_people.disconnect",
        "desk_people.send_invitation",
        "desk_contact.reveal",
        "desk_contact.called",
        "desk_corrections.ask_about",
        "desk_corrections.closing",
        "desk_corrections.sign",
        "desk_entry.save",
        "desk_entry.save_second",
        "desk_entry.settled",
        "desk_lock.undo",
    }
)
"""Views that show their form again, filled in (they ask `refuse_resumed` first); of the others it is listed."""


class Resumed(Problem):
    """What was typed before, shown again: nothing is wrong with it, and nothing is done."""

    status = 200
    title = "Look at it, and send it again"


def refuse_resumed() -> None:
    """Resumed where this request shows a form again: whoever changes something asks this first."""
    if g.get("resumed", False):
        raise Resumed(SIGNED_OUT)


def whose() -> str:
    """Whose page this is, signed; nothing where nobody is signed in."""
    return str(_signer().dumps(current_user.id)) if current_user.is_authenticated else ""


def put_away(person: User | None = None) -> str | None:
    """Keep the form that came without what it needs, and say where it will stand; nothing where it says not whose."""
    user_id = person.id if person is not None else _said()
    view = current_app.view_functions.get(request.endpoint or "")
    if user_id is None or request.mimetype != FORM_TYPE or request.blueprint in ("security", "oidc") or view is None:
        return None
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in NOT_KEPT]
    with acting(f"user:{user_id}"):
        row = keep(user_id, request.path, typed, now())
    return None if row is None else f"{request.path}?{urlencode({RESUMED: row.id})}"


def _said() -> int | None:
    try:
        return int(_signer().loads(request.form.get(WHOSE, ""), max_age=PAGE_LASTS))
    except (BadData, ValueError, TypeError):
        return None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_settings().signing_secrets, salt="whose form")


@dataclass(frozen=True)
class FormTarget:
    """The view that takes the form."""

    rule: Rule
    view: View
    arguments: dict[str, object]


def _target() -> FormTarget | None:
    adapter = current_app.create_url_adapter(request)
    try:
        rule, arguments = adapter.match(request.path, method="POST", return_rule=True) if adapter else (None, {})
    except HTTPException:
        return None
    if rule is None:
        return None
    view = cast(View, current_app.view_functions[rule.endpoint])
    return None if asked_by(view) is None else FormTarget(rule, view, dict(arguments))


def _resume() -> ResponseReturnValue | None:
    """Show the form again at its address, filled in; whoever it does not belong to sees the page as it always is."""
    if request.method != "GET" or RESUMED not in request.args or not current_user.is_authenticated:
        return None
    target = _target()
    if target is None:
        return None
    typed = kept(current_user.id, request.args.get(RESUMED, 0, int), request.path, now())
    if typed is None:
        return redirect(url_for("desk.begin")) if request.routing_exception is not None else None
    db.session.execute(text("SET TRANSACTION READ ONLY"))  # whatever a view forgets: looking changes nothing
    g.resumed, g.resumed_form = True, typed
    if target.rule.endpoint not in IN_PLACE:
        shown = [(name, value) for name, value in typed if not name.startswith("_")]
        return render_template("accounts/resumed.html", typed=typed, shown=shown, said=SIGNED_OUT)
    request.form = ImmutableMultiDict(typed)
    request.url_rule, request.view_args = target.rule, target.arguments
    return target.view(**target.arguments)


def init_app(app: Flask) -> None:
    """Look at each request for what was put away, and let forms say whose they are."""
    app.before_request(_resume)
    app.jinja_env.globals["whose"] = whose
