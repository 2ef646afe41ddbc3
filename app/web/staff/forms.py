"""The library's forms, each of which counts a try before it looks at a password or a code."""

import logging
from functools import partial
from typing import Any

from flask import Response, after_this_request, g
from flask_login import current_user
from flask_security import (
    ChangePasswordForm,
    LoginForm,
    MfRecoveryForm,
    PasswordUtil,
    TwoFactorVerifyCodeForm,
    VerifyForm,
    hash_password,
    lookup_identity,
)
from flask_security.utils import get_message
from wtforms import StringField

from app.accounts import passwords, sessions
from app.accounts.models import User
from app.core.database import db
from app.core.problems import TooMany
from app.core.time import now
from app.web.staff import guessing, second_factors

PASSKEY = "Sign in with your passkey. If it is lost, the administrator of the study resets it."
CODE_LABEL = "Code from the authenticator app"
WRONG_CODE = "This code is wrong, or was used already. Wait for the next one."
WITH_CODE = (
    "Or sign in at once, with your password and a code from your authenticator app, and then with the next code: nobody"
    " else's tries count then."
)
log = logging.getLogger("svar.web")


class SignInForm(LoginForm):  # type: ignore[misc]
    """The library's form without "remember me": a hospital's computer is shared."""

    remember = None
    code = StringField(CODE_LABEL, render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"})
    held_up = False
    """Whether others tried so often that she is asked for a code together with her password."""

    def validate(self, **kwargs: Any) -> bool:
        """Whether this person may come in; a failure is logged without saying who tried."""
        valid = bool(super(LoginForm, self).validate(**kwargs)) and self._is_right(**kwargs)
        if valid:
            guessing.begin_half()
        else:
            log.warning("sign-in failed %s", g.get("request_id"))
        return valid

    def _is_right(self, **kwargs: Any) -> bool:
        user = lookup_identity(self.email.data)
        try:
            hers = self._is_hers(user, user.email if user else self.email.data)
        except TooMany as problem:
            self._ask_for_a_code(problem)
            return False
        if not hers:
            self._is_wrong()
            return False
        with passwords.TURNS.take():
            right = bool(super().validate(**kwargs))
        if right and self.user.webauthn and not self.user.tf_primary_method:
            self.form_errors.append(PASSKEY)  # or whoever knows the password would set up a second factor of her own
            return False
        return right

    def _is_hers(self, user: User | None, email: str) -> bool:
        """Whether her password may be looked at: for the code that she sent with it, or because few tried."""
        if self.code.data:
            return guessing.shows_whose(user, email, self.code.data)
        guessing.before_password(email)
        return True

    def _ask_for_a_code(self, problem: TooMany) -> None:
        self.held_up = True
        self.form_errors.extend([problem.detail, WITH_CODE])
        after_this_request(partial(_too_many, problem))

    def _is_wrong(self) -> None:
        """As a wrong password is told, after as long a time."""
        with passwords.TURNS.take():
            hash_password(self.password.data)
        self.password.errors = [*self.password.errors, *get_message("INVALID_PASSWORD")[:1]]


class AgainForm(VerifyForm):  # type: ignore[misc]
    """The password of somebody who is signed in, and the code if she has a second factor."""

    code = StringField(CODE_LABEL, render_kw={"autocomplete": "one-time-code"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.user.tf_totp_secret:
            del self.code

    def validate(self, **kwargs: Any) -> bool:
        """Whether it is she; for five minutes she may do what asks for that."""
        if not super(VerifyForm, self).validate(**kwargs):
            return False
        guessing.before_password(self.user.email)
        valid = bool(super().validate(**kwargs)) and self._is_right_code()
        if valid:
            guessing.was_right(self.user)
            sessions.confirm(g.staff_session, now())
        return valid

    def _is_right_code(self) -> bool:
        if "code" not in self:
            return True
        guessing.before_code_again(self.user)
        if second_factors.use_code(self.user, self.code.data or ""):
            return True
        self.code.errors = [*self.code.errors, WRONG_CODE]
        return False


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """The old password, and a new one."""

    def validate(self, **kwargs: Any) -> bool:
        """Whether the old one is right, and the new one is good."""
        if not super(ChangePasswordForm, self).validate(**kwargs):
            return False
        guessing.before_password(current_user.email)
        valid = bool(super().validate(**kwargs))
        if valid:
            guessing.password_was_right(current_user)
        return valid


class CodeForm(TwoFactorVerifyCodeForm):  # type: ignore[misc]
    """A one-time code: between the password and the desk, or when a second factor is set up."""

    def validate(self, **kwargs: Any) -> bool:
        """Whether the code is right, now, and for the first time."""
        if not super(TwoFactorVerifyCodeForm, self).validate(**kwargs):
            return False
        if current_user.is_authenticated:
            guessing.before_code_again(self.user)
        else:
            guessing.before_code(self.user)
        self.code.data = second_factors.digits(self.code.data or "")
        valid = bool(super().validate(**kwargs))
        if valid and current_user.is_authenticated:
            guessing.was_right(self.user)
        return valid


class RecoveryForm(MfRecoveryForm):  # type: ignore[misc]
    """A recovery code instead of the one-time code."""

    def validate(self, **kwargs: Any) -> bool:
        """Whether it is one of hers that is left; while we look nobody else uses it."""
        if not super(MfRecoveryForm, self).validate(**kwargs):
            return False
        guessing.before_recovery_code(self.user)
        db.session.refresh(self.user, with_for_update={"key_share": True})
        second_factors.open_codes(self.user)
        self.code.data = second_factors.recovery_code(self.code.data or "")
        return bool(super().validate(**kwargs))


class Passwords(PasswordUtil):  # type: ignore[misc]
    """New passwords by our rule, whoever sets them."""

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        """What is wrong with the new password, and the password as it is kept."""
        user, kept = kwargs["user"], self.normalize(password)
        wrong = passwords.wrong_password(kept, user.email, user.name)
        return [wrong] if wrong else None, kept


def _too_many(problem: TooMany, response: Response) -> Response:
    response.status_code = problem.status
    response.headers["Retry-After"] = str(problem.retry_after)
    return response
