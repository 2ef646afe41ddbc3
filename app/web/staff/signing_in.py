"""Sign-in of staff, by Flask-Security-Too: its settings, and the few places where it speaks with ours.

Roles are not the library's: what somebody may do is a membership per study and site (`studies.access`). Its JSON side
is off, programs use API tokens. Instants it stores are aware, because our columns refuse naive ones.
"""

import base64
import logging
from datetime import timedelta
from typing import Any

from flask import Flask, g, session
from flask.typing import ResponseReturnValue
from flask_security import (
    FSQLALiteUserDatastore,
    LoginForm,
    Security,
    user_authenticated,
    user_failed_authn,
)
from flask_security.totp import Totp
from flask_security.utils import validate_redirect_url
from flask_wtf.csrf import CSRFError, CSRFProtect

from app.accounts import users
from app.accounts.models import User, WebAuthn
from app.config import settings_of
from app.core.audit import start_acting
from app.core.crypto import Keyring
from app.core.database import db
from app.core.problems import BadInput
from app.core.time import now
from app.web.edge import render_problem
from app.web.staff.sessions import StaffSessions

log = logging.getLogger("svar.web")
csrf = CSRFProtect()
IDLE = timedelta(hours=1)
STALE = "This page was open for too long, or in another session. Go back, load it again, and send it once more."
LIBRARY: dict[str, object] = {
    "PASSWORD_SCHEMES": ["argon2"],
    "PASSWORD_SINGLE_HASH": {"argon2"},
    "PASSWORD_LENGTH_MIN": users.SHORTEST_PASSWORD,
    "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "test_environment": True},
    "RETURN_GENERIC_RESPONSES": True,
    "TRACKABLE": True,
    "CHANGEABLE": True,
    "SEND_PASSWORD_CHANGE_EMAIL": False,
    "TWO_FACTOR": True,
    "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
    "TWO_FACTOR_RESCUE_EMAIL": False,
    "TWO_FACTOR_POST_SETUP_VIEW": "accounts.account",
    "MULTI_FACTOR_RECOVERY_CODES": True,
    "TOTP_ISSUER": "Svar",
    "LOGOUT_METHODS": ["POST"],
    "LOGOUT_CSRF": True,
    "POST_LOGIN_VIEW": "/desk/",
    "POST_CHANGE_VIEW": "/account",
    "POST_LOGOUT_VIEW": "/",
    "API_ENABLED_METHODS": ["session"],
    "JOIN_USER_ROLES": False,
    "STATIC_FOLDER": None,
    "CLI_USERS_NAME": None,
    "CLI_ROLES_NAME": None,
    "DATETIME_FACTORY": now,
}
"""Flask-Security's settings that are the same everywhere; `library_config` adds keys and what production demands."""


class SignInForm(LoginForm):  # type: ignore[misc]
    """The library's form without "remember me": a hospital's computer is shared."""

    remember = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not validate_redirect_url(self.next.data):
            self.next.data = ""  # somebody else's address: forget it, and lead to the desk

    def validate(self, **kwargs: Any) -> bool:
        """Whether this person may come in; a failure is logged without saying who tried."""
        valid = bool(super().validate(**kwargs))
        if valid and self.user.is_locked_at(now()):
            self.email.errors.append("locked")  # which the page words as any other failure
            valid = False
        if not valid:
            log.warning("sign-in failed %s", g.get("request_id"))
        return valid


class OnceOnlyTotp(Totp):  # type: ignore[misc]
    """One-time codes that work once."""

    def get_last_counter(self, user: User) -> int | None:
        """The counter of the last code that was used."""
        return user.totp_counter

    def set_last_counter(self, user: User, tmatch: Any) -> None:
        """Remember the code that was used now."""
        user.totp_counter = tmatch.counter


def init_app(app: Flask) -> None:
    """Put sign-in on the application."""
    settings = settings_of(app)
    app.session_interface = StaffSessions()
    app.config.from_mapping(library_config(settings.keyring, production=settings.production))
    csrf.init_app(app)
    # the library wants a role model; nothing of ours is one
    datastore = FSQLALiteUserDatastore(db, User, None, WebAuthn)
    security = Security(totp_cls=OnceOnlyTotp)
    security.init_app(app, datastore, login_form=SignInForm)
    security.principal.identity_loaders.clear()  # they look for a user before every page, for roles that we do not use
    security.want_json(lambda _: False)
    security.login_manager.request_loader(lambda _: None)
    user_authenticated.connect(_came_in, app)
    user_failed_authn.connect(_failed, app)
    app.register_error_handler(CSRFError, _stale)


def library_config(keyring: Keyring, *, production: bool) -> dict[str, object]:
    """Flask-Security's and Flask-WTF's settings."""
    recovery = [base64.urlsafe_b64encode(key) for key in keyring.derived("recovery codes").values()]
    totp = {str(key_id): base64.b64encode(key).decode() for key_id, key in keyring.derived("totp").items()}
    own = {
        "TWO_FACTOR_REQUIRED": production,
        "MULTI_FACTOR_RECOVERY_CODES_KEYS": recovery,
        "TOTP_SECRETS": totp,
    }
    return {
        **{f"SECURITY_{name}": value for name, value in {**LIBRARY, **own}.items()},
        "PERMANENT_SESSION_LIFETIME": IDLE,
        # our own decorators ask for the token (access.py): patients' pages and webhooks have no session to abuse
        "WTF_CSRF_CHECK_DEFAULT": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,  # it reads the Referer, which our own policy leaves out
    }


def _came_in(_: Flask, user: User, **__: object) -> None:
    session.permanent = True
    start_acting(f"user:{user.id}")
    users.note_success(user)


def _failed(_: Flask, user: User, **__: object) -> None:
    users.note_failure(user, now())


def _stale(_: CSRFError) -> ResponseReturnValue:
    return render_problem(BadInput(STALE))
