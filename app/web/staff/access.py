"""Who may see a page. A route names its permission, or stands on the short public list; all else is refused.

A page for staff that changes something also asks for the form's CSRF token, here, so that no view can forget it.
"""

from collections.abc import Callable
from functools import wraps
from typing import cast

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from app.accounts.models import User
from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.problems import NotFound, SignInNeeded
from app.permitting import Anybody, View, asked_by, guarded, let_in
from app.studies.confining import confine
from app.web.edge import SENTENCES, wants_json
from app.web.staff.signing_in import csrf

PUBLIC = frozenset(
    {
        "static",
        "landing.front",
        "landing.robots",
        # for monitors: figures, nobody's data; /metrics only from the machine's own network
        "health.live",
        "health.ready",
        "health.metrics",
        # the patient's link is the capability
        "patient.show",
        "patient.answer",
        "patient.received",
        "patient.noted",
        "patient.worker",
        "patient.mistyped",
        # Twilio signs what it sends
        "webhooks.status",
        "webhooks.inbound",
        "api.openapi",
        # before or between the steps of signing in; each proves itself by its form
        "security.login",
        "security.logout",
        "security.tf_select",
        "security.two_factor_setup",
        "security.two_factor_token_validation",
        "security.two_factor_rescue",
        "security.mf_recovery",
        # made-up people only, and not there in production
        "sandbox.phones",
        "sandbox.phone",
    }
)
"""Endpoints that ask for no permission: what is on them is for everybody, or proves itself in another way."""

OF_THE_LIBRARY = (
    "security.verify",
    "security.change_password",
    "security.mf_recovery_codes",
    "security.two_factor_setup_validate",
)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def requires(permission: Permission, *, whole_study: bool = False) -> Callable[[View], View]:
    """The view's study is `study` in its address; `current_scope()` then has the sites where she has `permission`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def allowed(*args: object, study: str, **kwargs: object) -> ResponseReturnValue:
            way_in = sign_in_first()
            if way_in is not None:
                return way_in
            try:
                let_in(member(), study, permission, whole="This page" if whole_study else "")
            except NotFound:
                raise NotFound(SENTENCES[404]) from None
            _check_token()
            return view(*args, **kwargs)

        return guarded(allowed, permission)

    return decorate


def signed_in(view: View) -> View:
    """The view is for anybody who works here."""

    @wraps(view)
    def allowed(*args: object, **kwargs: object) -> ResponseReturnValue:
        way_in = sign_in_first()
        if way_in is not None:
            return way_in
        confine(())
        _check_token()
        return view(*args, **kwargs)

    return guarded(allowed, Anybody.SIGNED_IN)


def member() -> User:
    """Who is signed in. Only for views that ask for it."""
    user: User = current_user._get_current_object()
    return user


def actor() -> str:
    """Who is signed in, as the audit trail names people."""
    return f"user:{member().id}"


def sign_in_first() -> Response | None:
    """Where to go to sign in, or nothing if that is done."""
    if current_user.is_authenticated:
        return None
    if wants_json():
        raise SignInNeeded("Sign in, or send an API token.")
    back = request.full_path.rstrip("?") if request.method in SAFE else None
    return redirect(url_for("security.login", next=back))


def _check_token() -> None:
    if request.method not in SAFE:
        csrf.protect()


def _default_deny() -> None:
    """A route that forgot to say who may see it is nobody's."""
    if request.endpoint is None or request.endpoint in PUBLIC:
        return
    if asked_by(current_app.view_functions[request.endpoint]) is None:
        raise NotFound(SENTENCES[404])


def _name_actor() -> None:
    if request.endpoint not in PUBLIC and current_user.is_authenticated:
        start_acting(actor())


def init_app(app: Flask) -> None:
    """Refuse by default, and name the signed-in user as the one who acts."""
    for endpoint in OF_THE_LIBRARY:
        app.view_functions[endpoint] = signed_in(cast(View, app.view_functions[endpoint]))
    app.before_request(_default_deny)
    app.before_request(_name_actor)
