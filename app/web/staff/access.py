"""Who may see a page. A route names its permission, or stands on the short public list; all else is refused.

A page for staff that changes something also asks for the form's CSRF token, here, so that no view can forget it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, current_app, g, redirect, request, url_for
from flask_login import current_user

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.problems import Forbidden, NotFound, SignInNeeded
from app.studies.access import Scope, scope, studies_of
from app.studies.confining import confine
from app.studies.installing import study as find_study
from app.web.edge import wants_json
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

View = Callable[..., Any]

SIGNED_IN = "signed in"
OF_THE_LIBRARY = (
    "security.verify",
    "security.change_password",
    "security.mf_recovery_codes",
    "security.two_factor_setup_validate",
)
NOWHERE = "There is nothing at this address. Check it, or begin at the front page."
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def requires(
    permission: Permission, *, whole_study: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The view's study is `study` in its address; `g.scope` then holds the sites where the user has `permission`."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def allowed(*args: Any, study: str, **kwargs: Any) -> Any:
            answer = sign_in_first()
            if answer is not None:
                return answer
            g.scope = _scope(study, permission)
            if whole_study and not g.scope.whole:
                raise Forbidden("This page holds all sites of the study, and your role does not.")
            confine(g.scope.site_ids)
            _check_token()
            return view(*args, **kwargs)

        allowed.permission = permission  # type: ignore[attr-defined]
        return allowed

    return decorate


def signed_in(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view is for anybody who works here."""

    @wraps(view)
    def allowed(*args: Any, **kwargs: Any) -> Any:
        answer = sign_in_first()
        if answer is not None:
            return answer
        confine(())
        _check_token()
        return view(*args, **kwargs)

    allowed.permission = SIGNED_IN  # type: ignore[attr-defined]
    return allowed


def sign_in_first() -> Any | None:
    """Where to go to sign in, or nothing if that is done."""
    if current_user.is_authenticated:
        return None
    if wants_json():
        raise SignInNeeded("Sign in, or send an API token.")
    back = request.full_path.rstrip("?") if request.method in SAFE else None
    return redirect(url_for("security.login", next=back))


def _scope(code: str, permission: Permission) -> Scope:
    if code not in {study.code for study in studies_of(current_user)}:
        raise NotFound(NOWHERE)  # whoever does not work for a study does not learn that it exists
    found = scope(current_user, find_study(code), permission)
    if found is None:
        raise Forbidden(f"Your role in {code} does not include: {permission.value}.")
    return found


def _check_token() -> None:
    if request.method not in SAFE:
        csrf.protect()


def _default_deny() -> None:
    """A route that forgot to say who may see it is nobody's."""
    if request.endpoint is None or request.endpoint in PUBLIC:
        return
    view = current_app.view_functions[request.endpoint]
    if getattr(view, "permission", None) is None:
        raise NotFound(NOWHERE)


def _name_actor() -> None:
    if request.endpoint not in PUBLIC and current_user.is_authenticated:
        start_acting(f"user:{current_user.id}")


def init_app(app: Flask) -> None:
    """Refuse by default, and name the signed-in user as the one who acts."""
    for endpoint in OF_THE_LIBRARY:
        app.view_functions[endpoint] = signed_in(app.view_functions[endpoint])
    app.before_request(_default_deny)
    app.before_request(_name_actor)
