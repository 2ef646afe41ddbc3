"""Sign-in of staff, by Flask-Security-Too: its settings, and the few places where it speaks with ours.

Roles are not the library's: what somebody may do is a membership per study and site (`studies.access`). Its JSON side
is off, programs use API tokens. Instants it stores are aware, because our columns refuse naive ones.
"""

import base64
from pathlib import Path
from time import time
from typing import Any

from flask import Flask, g, request, session
from flask.typing import ResponseReturnValue
from flask_login import user_logged_out
from flask_security import (
    FSQLALiteUserDatastore,
    Security,
    password_changed,
    tf_disabled,
    tf_profile_changed,
    user_authenticated,
    wan_deleted,
)
from flask_security.totp import Totp
from flask_security.utils import set_request_attr
from flask_wtf.csrf import CSRFError, CSRFProtect
from passlib.exc import TokenError
from passlib.totp import TOTP, AppWallet
from sqlalchemy import or_, update
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from app.accounts import passwords, sessions
from app.accounts.models import Ended, StaffSession, User, WebAuthn
from app.config import settings_of
from app.core.audit import start_acting
from app.core.crypto import Keyring
from app.core.database import db
from app.core.problems import BadInput
from app.core.time import now
from app.web.edge import render_problem
from app.web.staff import guessing, second_factors
from app.web.staff.forms import AgainForm, CodeForm, NewPasswordForm, Passwords, RecoveryForm, SignInForm
from app.web.staff.passkeys import NewPasskeyForm, PasskeyAnswerForm, PasskeyForm, Verified
from app.web.staff.provider_requests import came_in_at
from app.web.staff.sessions import StaffSessions

csrf = CSRFProtect()
SESSION_KEY = "session_key"
STALE_PAGE = "This page was open for too long, or in another session. Go back, load it again, and send it once more."
LIBRARY: dict[str, object] = {
    "PASSWORD_SCHEMES": ["argon2"],
    "PASSWORD_SINGLE_HASH": {"argon2"},
    "PASSWORD_LENGTH_MIN": passwords.SHORTEST,
    "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "test_environment": True},
    "RETURN_GENERIC_RESPONSES": True,
    "TRACKABLE": True,
    "CHANGEABLE": True,
    "SEND_PASSWORD_CHANGE_EMAIL": False,
    "TWO_FACTOR": True,
    "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
    "TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,  # seconds of drift either way: the code before, this one, the next
    "TWO_FACTOR_RESCUE_EMAIL": False,
    "TWO_FACTOR_POST_SETUP_VIEW": "accounts.account",
    "MULTI_FACTOR_RECOVERY_CODES": True,
    "WEBAUTHN": True,
    "WAN_RP_NAME": "Svar",
    "WAN_ALLOW_USER_HINTS": False,  # nobody learns whose passkeys there are
    "WAN_POST_REGISTER_VIEW": "/wan-register",
    "TOTP_ISSUER": "Svar",
    "LOGOUT_METHODS": ["POST"],
    "LOGOUT_CSRF": True,
    "POST_LOGIN_VIEW": "/desk/",
    "POST_CHANGE_VIEW": "/account",
    "POST_LOGOUT_VIEW": "/",
    "API_ENABLED_METHODS": ["session"],
    "JOIN_USER_ROLES": False,
    "STATIC_FOLDER": None,
    "I18N_DOMAIN": "messages",
    "I18N_DIRNAME": str(Path(__file__).parents[2] / "translations"),  # our catalogues say its sentences too
    "CACHE_CONTROL": None,  # it would write `no-store=True`, which means nothing; the edge says no-store
    "CLI_USERS_NAME": None,
    "CLI_ROLES_NAME": None,
    "DATETIME_FACTORY": now,
}
"""Flask-Security's settings that are the same everywhere; `library_config` adds keys and what production demands."""

NOT_FROM_A_DEVICE = ("security.change_password", "oidc.back")
"""Where somebody comes in and her device is not known for it: who proved a password alone is signed in anew; and from
the provider's page a browser does not bring the cookie by which we know it."""

SECURITY_FORMS = {
    "login_form": SignInForm,
    "verify_form": AgainForm,
    "change_password_form": NewPasswordForm,
    "two_factor_verify_code_form": CodeForm,
    "mf_recovery_form": RecoveryForm,
    "wan_register_form": PasskeyForm,
    "wan_register_response_form": NewPasskeyForm,
    "wan_signin_response_form": PasskeyAnswerForm,
}


class OnceOnlyTotp(Totp):  # type: ignore[misc]
    """One-time codes that work once, of secrets that the current key of the ring closes.

    passlib by itself closes with the key of the highest number: while keys are changed that is one which others do not
    have yet, or one that has just gone behind.
    """

    def __init__(self, secrets: dict[str, str], issuer: str) -> None:
        super().__init__(secrets, issuer)
        self._totp = TOTP.using(issuer=issuer, wallet=AppWallet(secrets, default_tag=next(iter(secrets))))

    def verify_totp(self, token: str, totp_secret: str, user: User, window: int = 0) -> bool:
        """Whether this is one of her codes now; it is used then. WrongKey if her secret does not open."""
        with second_factors.opening():
            return bool(super().verify_totp(token, totp_secret, user, window))

    def get_last_counter(self, user: User) -> int | None:
        """The counter of the last code that was used."""
        return user.totp_counter

    def set_last_counter(self, user: User, tmatch: Any) -> None:
        """Remember the code that was used now; TokenError if another request used it, or a later one, before."""
        older = or_(User.totp_counter.is_(None), User.totp_counter < tmatch.counter)
        used = update(User).where(User.id == user.id, older).values(totp_counter=tmatch.counter).returning(User.id)
        if db.session.scalar(used) is None:
            raise TokenError


def init_app(app: Flask) -> None:
    """Put sign-in on the application."""
    settings = settings_of(app)
    app.session_interface = StaffSessions()
    app.config.from_mapping(library_config(settings.keyring, production=settings.production))
    csrf.init_app(app)
    # the library wants a role model; nothing of ours is one
    datastore = FSQLALiteUserDatastore(db, User, None, WebAuthn)
    security = Security(totp_cls=OnceOnlyTotp, password_util_cls=Passwords, webauthn_util_cls=Verified)
    security.init_app(app, datastore, **SECURITY_FORMS)
    security.pwd_context = passwords.InTurn(**security.pwd_context.to_dict())
    security.principal.identity_loaders.clear()  # they look for a user before every page, for roles that we do not use
    security.want_json(lambda _: False)
    security.login_manager.request_loader(lambda _: None)
    security.login_manager.user_loader(_signed_in)
    user_authenticated.connect(_came_in, app)
    user_logged_out.connect(_went_out, app)
    password_changed.connect(_changed_password, app)
    tf_profile_changed.connect(_changed_second_factor, app)
    tf_disabled.connect(_changed_second_factor, app)
    wan_deleted.connect(_changed_second_factor, app)
    app.before_request(_lead_nowhere_else)
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
        "PERMANENT_SESSION_LIFETIME": sessions.IDLE,
        # our own decorators ask for the token (access.py): patients' pages and webhooks have no session to abuse
        "WTF_CSRF_CHECK_DEFAULT": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,  # it reads the Referer, which our own policy leaves out
    }


def current_session() -> StaffSession:
    """The session of who is signed in."""
    held: StaffSession = g.staff_session
    return held


def _signed_in(uniquifier: str) -> User | None:
    """Whose session the cookie opens, if it is one that has not ended; the library is told that it is fresh."""
    held = sessions.live(uniquifier, session.get(SESSION_KEY, ""), now())
    if held is None:
        return None
    if not request.headers.get("HX-Request"):  # a page that fetches itself anew is nobody at work
        sessions.note_seen(held, now())
    g.staff_session = held
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", time())  # what asks for a fresh sign-in asks us (access.confirmed)
    return held.user


def _came_in(_: Flask, user: User, **__: object) -> None:
    session.permanent = True
    for wish in ("_remember", "_remember_seconds"):  # a form of passkeys wishes it by saying "False"
        session.pop(wish, None)
    start_acting(f"user:{user.id}")
    shown_at = came_in_at()
    if request.endpoint not in NOT_FROM_A_DEVICE:
        guessing.came_in(user)
    guessing.end_half()
    _end_session(Ended.SIGNED_IN_ANEW)
    browser = request.user_agent.string
    session[SESSION_KEY] = sessions.begin(user, request.remote_addr or "", browser, now(), shown_at)


def _went_out(_: Flask, **__: object) -> None:
    if request.method == "POST":  # looking at a page signs nobody out (library_pages.looking_changes_nothing)
        _end_session(Ended.SIGNED_OUT)
        session.pop(SESSION_KEY, None)


def _end_session(because: Ended) -> None:
    if SESSION_KEY in session:
        sessions.end_by_key(session[SESSION_KEY], because, now())


def _changed_password(_: Flask, user: User, **__: object) -> None:
    sessions.end_all(user, Ended.NEW_PASSWORD, now(), but=session.get(SESSION_KEY, ""))


def _changed_second_factor(_: Flask, user: User, **__: object) -> None:
    sessions.end_all(user, Ended.SECOND_FACTOR, now(), but=session.get(SESSION_KEY, ""))


def is_own_path(address: str) -> bool:
    """Whether somebody who signed in may be led there: a path of ours, and nothing that a browser reads as more."""
    return address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable()


def _lead_nowhere_else() -> None:
    """Somebody else's address, or what is none, is forgotten before the library looks at it."""
    if request.blueprint != "security":
        return
    request.args, request.form = _without_strangers(request.args), _without_strangers(request.form)


def _without_strangers(sent: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    return ImmutableMultiDict(
        [(name, value) for name, value in sent.items(multi=True) if name != "next" or is_own_path(value)]
    )


def _stale(_: CSRFError) -> ResponseReturnValue:
    return render_problem(BadInput(STALE_PAGE))
