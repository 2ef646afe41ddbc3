"""The pages of the sign-in library, which know nothing of our sessions: what each asks for, and leaves as it was."""

from functools import wraps
from typing import cast

from flask import Flask, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.permitting import View
from app.web.edge import SAFE
from app.web.staff.access import BETWEEN, BY_PASSKEY, confirmed, member, signed_in
from app.web.staff.guessing import end_half
from app.web.staff.provider_requests import BY_PROVIDER

SIGNED_IN = (
    "security.verify",
    "security.wan_verify",
    "security.wan_verify_response",
    "security.change_password",
)
CONFIRMED = (
    "security.mf_recovery_codes",
    "security.two_factor_setup_validate",
    "security.wan_register",
    "security.wan_register_response",
    "security.wan_delete",
)
"""Pages of the library for who is signed in; the latter for who has just confirmed it."""


def _confirmed_if_signed_in(view: View) -> View:
    """Between password and desk a second factor is set up without; later it is changed by who it belongs to."""
    with_factor = confirmed(view)

    @wraps(view)
    def allowed(*args: object, **kwargs: object) -> ResponseReturnValue:
        return with_factor(*args, **kwargs) if current_user.is_authenticated else view(*args, **kwargs)

    return allowed


def _confirmed_without_password(view: View) -> View:
    """Who has no password proves herself otherwise before she chooses one: whoever found her browser would know it."""
    sure = confirmed(view)

    @wraps(view)
    def allowed(*args: object, **kwargs: object) -> ResponseReturnValue:
        return view(*args, **kwargs) if member().password else sure(*args, **kwargs)

    return allowed


def _out_of_both(view: View) -> View:
    """Who came in by the identity provider is shown where her session there ends, once she is signed out here."""

    @wraps(view)
    def allowed(*args: object, **kwargs: object) -> ResponseReturnValue:
        answer = view(*args, **kwargs)
        if request.method in SAFE or current_user.is_authenticated or not session.pop(BY_PROVIDER, False):
            return answer
        return redirect(url_for("oidc.signed_out"), 303)

    return allowed


def looking_changes_nothing(view: View) -> View:
    """A page of the library that is only looked at leaves the session as it was: nobody is signed out by a link."""

    @wraps(view)
    def allowed(*args: object, **kwargs: object) -> ResponseReturnValue:
        if request.method not in SAFE:
            return view(*args, **kwargs)
        before = dict(session)
        answer = view(*args, **kwargs)
        session.update({name: value for name, value in before.items() if session.get(name) != value})
        return answer

    return allowed


def _from_the_beginning(view: View) -> View:
    """A passkey is no second half of a password: what was begun is forgotten once something is sent."""

    @wraps(view)
    def allowed(*args: object, **kwargs: object) -> ResponseReturnValue:
        if request.method not in SAFE:
            end_half()
        return view(*args, **kwargs)

    return allowed


def init_app(app: Flask) -> None:
    """Put what we ask for around the pages of the library."""
    views = cast(dict[str, View], app.view_functions)
    for endpoint in BETWEEN:
        views[endpoint] = looking_changes_nothing(views[endpoint])
    for endpoint in BY_PASSKEY:
        views[endpoint] = looking_changes_nothing(_from_the_beginning(views[endpoint]))
    views["security.logout"] = _out_of_both(views["security.logout"])
    views["security.change_password"] = _confirmed_without_password(views["security.change_password"])
    views["security.two_factor_setup"] = _confirmed_if_signed_in(views["security.two_factor_setup"])
    for endpoint in CONFIRMED:
        views[endpoint] = signed_in(confirmed(views[endpoint]))
    for endpoint in SIGNED_IN:
        views[endpoint] = signed_in(views[endpoint])
