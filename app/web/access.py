"""Who may see a page. A route names its permission, or stands on the short public list; all else is refused."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, current_app, g, redirect, request, url_for
from flask_login import current_user

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.problems import Forbidden, NotFound, SignInNeeded
from app.studies.access import Scope, scope
from app.studies.installing import study as find_study
from app.web.edge import wants_json

PUBLIC = frozenset(
    {
        "static",
        "landing.front",
        "landing.robots",
        "patient.show",
        "patient.answer",
        "patient.received",
    }
)
"""Endpoints that ask for no permission: what is on them is for everybody, or proves itself in another way."""

SIGNED_IN = "signed in"


def requires(permission: Permission) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The view's study is `study` in its address; `g.scope` then holds the sites where the user has `permission`."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def allowed(*args: Any, study: str, **kwargs: Any) -> Any:
            answer = sign_in_first()
            if answer is not None:
                return answer
            g.scope = _scope(study, permission)
            return view(*args, **kwargs)

        allowed.permission = permission  # type: ignore[attr-defined]
        return allowed

    return decorate


def signed_in(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view is for anybody who works here."""

    @wraps(view)
    def allowed(*args: Any, **kwargs: Any) -> Any:
        answer = sign_in_first()
        return view(*args, **kwargs) if answer is None else answer

    allowed.permission = SIGNED_IN  # type: ignore[attr-defined]
    return allowed


def sign_in_first() -> Any | None:
    """Where to go to sign in, or nothing if that is done."""
    if current_user.is_authenticated:
        return None
    if wants_json():
        raise SignInNeeded("Sign in, or send an API token.")
    return redirect(url_for("security.login", next=request.full_path.rstrip("?")))


def _scope(code: str, permission: Permission) -> Scope:
    found = scope(current_user, find_study(code), permission)
    if found is None:
        raise Forbidden(f"Your role in {code} does not include: {permission.value}.")
    return found


def _default_deny() -> None:
    """A route that forgot to say who may see it is nobody's."""
    if request.endpoint is None or request.endpoint in PUBLIC:
        return
    view = current_app.view_functions[request.endpoint]
    if getattr(view, "permission", None) is None:
        raise NotFound("There is nothing at this address. Check it, or begin at the front page.")


def _name_actor() -> None:
    if request.endpoint not in PUBLIC and current_user.is_authenticated:
        start_acting(f"user:{current_user.id}")


def init_app(app: Flask) -> None:
    """Refuse by default, and name the signed-in user as the one who acts."""
    app.before_request(_default_deny)
    app.before_request(_name_actor)
