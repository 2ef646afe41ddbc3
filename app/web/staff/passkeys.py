"""Passkeys: one is password and code in one, since the device asks for a finger or a PIN before it answers.

What comes back is read from strangers: whatever is wrong with it is a failed try, never an error of ours. A challenge
is answered once, in the browser to which it was given, and who has a passkey is not held up by what others guess at her
password.
"""

import hashlib
import json
from typing import Any

from flask import g, session
from flask_login import current_user
from flask_security import (
    WebAuthnRegisterForm,
    WebAuthnRegisterResponseForm,
    WebAuthnSigninResponseForm,
    WebauthnUtil,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.accounts import sessions
from app.accounts.passkeys import count_up
from app.core.time import now
from app.web.staff import guessing

UNREADABLE = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, RecursionError)
CHALLENGES = "challenges"
OPEN_AT_ONCE = 4
"""Challenges of one browser: in so many tabs somebody may have begun."""
NO_PASSKEY = "That was no passkey of yours. Try again, or sign in another way."


class Verified(WebauthnUtil):  # type: ignore[misc]
    """A passkey is asked for that its owner opens, and that knows whose it is."""

    def authenticator_selection(self, user: Any, usage: str) -> AuthenticatorSelectionCriteria:
        """What a new passkey must be able to do."""
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        )

    def user_verification(self, user: Any, usage: list[str]) -> UserVerificationRequirement:
        """The device makes sure that it is she, each time."""
        return UserVerificationRequirement.REQUIRED

    def generate_challenge(self, nbytes: int | None = None) -> str:
        """A new challenge, for this browser alone: the library itself knows it again in any."""
        challenge: str = super().generate_challenge(nbytes)
        session[CHALLENGES] = [*session.get(CHALLENGES, []), _mark(challenge)][-OPEN_AT_ONCE:]
        return challenge


class PasskeyForm(WebAuthnRegisterForm):  # type: ignore[misc]
    """The name of a new passkey; each of them signs in by itself."""

    def validate(self, **kwargs: Any) -> bool:
        """Whether it may be called this."""
        self.usage.data = "first"
        return bool(super().validate(**kwargs))


class NewPasskeyForm(WebAuthnRegisterResponseForm):  # type: ignore[misc]
    """The passkey that a device made."""

    def validate(self, **kwargs: Any) -> bool:
        """Whether it answers the challenge of this browser, for the first time."""
        try:
            valid = bool(super().validate(**kwargs))
        except UNREADABLE:
            valid = False
        if valid and _is_for_this_browser(self.challenge):
            self.extensions: str | None = None  # what a device says of itself is not kept
            return True
        self.credential.errors = [NO_PASSKEY]
        return False


class PasskeyAnswerForm(WebAuthnSigninResponseForm):  # type: ignore[misc]
    """The answer of a passkey: to sign in, or to confirm that it is still she."""

    def validate(self, **kwargs: Any) -> bool:
        """Whether a passkey of somebody who works here answers our challenge, for the first time."""
        if self._is_right(**kwargs) and _is_for_this_browser(self.challenge):
            if self.is_verify:
                sessions.confirm(g.staff_session, now())
            return True
        self.credential.errors = [NO_PASSKEY]
        return False

    def _is_right(self, **kwargs: Any) -> bool:
        credential = _id_of(self.credential.data or "")
        if not super(WebAuthnSigninResponseForm, self).validate(**kwargs) or not credential:
            return False
        guessing.before_passkey(credential)
        try:
            valid = bool(super().validate(**kwargs))
        except UNREADABLE:
            return False
        if not (valid and self.mf_check and self.user.active):
            return False
        guessing.passkey_was_right(credential)
        if self.is_verify and self.user.id != current_user.id:
            return False
        return count_up(self.cred.id, self.authentication_verification.new_sign_count)


def _is_for_this_browser(challenge: str) -> bool:
    """Whether it was given to this browser, and is answered for the first time."""
    return _mark(challenge) in session.get(CHALLENGES, []) and not guessing.used_before("challenge", challenge)


def _mark(challenge: str) -> str:
    return hashlib.sha256(challenge.encode()).hexdigest()[:32]


def _id_of(answer: str) -> str:
    try:
        credential = json.loads(answer)["id"]
    except UNREADABLE:
        return ""
    return credential if isinstance(credential, str) else ""
