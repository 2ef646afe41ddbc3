"""Who may see a page. A route names its permission, or stands on the short public list; all else is refused.

A page for staff that changes something also asks for the form's CSRF token, here, so that no view can forget it.
"""

from collections.abc import Callable
from functools import wraps
from typing import TypedDict

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.wrappers import Response

from app.accounts.models import User
from app.accounts.roles import Permission
from app.config import settings_of
from app.core.audit import start_acting
from app.core.problems import Forbidden, NotFound, SignInNeeded
from app.core.time import now
from app.permitting import Anybody, View, asked_by, check_state, guarded, let_in, scope_if_any
from app.studies.access import Scope
from app.studies.confining import confine
from app.studies.states import Act
from app.web.edge import SAFE, wants_json
from app.web.error_words import SENTENCES
from app.web.language import speak
from app.web.staff.resuming import put_away
from app.web.staff.sending_twice import done_once, nothing_done
from app.web.staff.signing_in import csrf, current_session

BETWEEN = (
    "security.login",
    "security.logout",
    "security.tf_select",
    "security.two_factor_setup",
    "security.two_factor_token_validation",
    "security.two_factor_rescue",
    "security.mf_recovery",
)
"""Pages of the library before, in and after signing in."""

BY_PASSKEY = ("security.wan_signin", "security.wan_signin_response")
"""Pages that sign in by themselves, whatever was begun with a password."""

PUBLIC = frozenset(
    {
        "static",
        "landing.front",
        "landing.robots",
        # for monitors: figures, nobody's data; /metrics only for who has MONITOR_TOKEN, or this machine
        "health.live",
        "health.ready",
        "health.serving",
        "health.metrics",
        "health.seen",
        # the patient's link is the capability
        "patient.show",
        "patient.answer",
        "patient.received",
        "patient.noted",
        "patient.worker",
        "patient.mistyped",
        "tablet.over",
        # Twilio signs what it sends, 46elks shows the secret of its address
        "webhooks.status",
        "webhooks.inbound",
        "webhooks_elks.status",
        "webhooks_elks.inbound",
        # mails that came back, with a secret; the address at which no more of them are asked for is signed
        "webhooks_mail.returned",
        "way_out.show",
        "way_out.answer",
        "way_out.mistyped",
        # the description of the API, and its addresses of before: they tell nothing of any study
        "api.openapi",
        "api_reference.page",
        "former_api.moved",
        # REDCap's clients send their token in the form
        "redcap_api.ask",
        # before or between the steps of signing in; each proves itself by its form
        *BETWEEN,
        *BY_PASSKEY,
        # the link of an invitation is the capability
        "invitations.show",
        "invitations.take",
        "invitations.mistyped",
        # to the identity provider and back; what it says is looked at there
        "oidc.sign_in",
        "oidc.take_invitation",
        "oidc.back",
        "oidc.signed_out",
        # made-up people only, and not there in production
        "sandbox.phones",
        "sandbox.phone",
        "tour.enter",
    }
)
"""Endpoints that ask for no permission: what is on them is for everybody, or proves itself in another way."""


def requires(permission: Permission, *, whole_study: bool = False, act: Act | None = None) -> Callable[[View], View]:
    """The view's study is `study` in its address; `current_scope()` then has the sites where she has `permission`.

    What it changes is `act` to the study's state, or what the permission is for.
    """

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

            def do() -> ResponseReturnValue:
                check_state(allowed)
                return view(*args, **kwargs)

            return done_once(member().id, do)

        return guarded(allowed, permission, act)

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


def confirmed(view: View) -> View:
    """The view wants to know that it is she: her password, and her code if she has one, in the last five minutes.

    It stands under `requires` or `signed_in`, which say who she is.
    """

    @wraps(view)
    def allowed(*args: object, **kwargs: object) -> ResponseReturnValue:
        if now() < current_session().confirmed_until:
            return view(*args, **kwargs)
        if wants_json():
            raise Forbidden("Confirm first that it is you, at /verify.")
        back = request.full_path.rstrip("?") if request.method in SAFE else put_away(member())
        nothing_done()
        return redirect(url_for("security.verify", next=back))

    return allowed


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
    back = request.full_path.rstrip("?") if request.method in SAFE else put_away()
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
        if (language := member().language) is not None:
            speak(language)


class StaffContext(TypedDict):
    """What every template is given beside its page's own values: the scope, on a page that is of a study."""

    scope: Scope | None


def staff_context() -> StaffContext:
    """What this request's templates are given."""
    return StaffContext(scope=scope_if_any())


def init_app(app: Flask) -> None:
    """Refuse by default, and name the signed-in user as the one who acts."""
    app.before_request(_default_deny)
    app.before_request(_name_actor)
    app.jinja_env.globals["identity_provider"] = settings_of(app).oidc
    app.jinja_env.filters["provider_name"] = settings_of(app).oidc.name_of
    app.context_processor(lambda: dict(staff_context()))
