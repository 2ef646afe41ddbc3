"""What somebody is asked at the identity provider just now, and by whose browser: kept in its own session, used once.

The answer must come back to the browser that asked, within ten minutes, and a copy of its cookie is worth nothing then.
"""

import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hmac import compare_digest

from flask import session

from app.accounts.oidc.asking import AuthorizationRequest
from app.config import current_settings
from app.core.problems import SignInNeeded
from app.core.time import now
from app.web.staff import guessing

HALF, SHOWN, BY_PROVIDER = "half_provider", "half_shown_at", "by_provider"
"""In the session: what was asked, when she showed there that it is she, and that she came in so."""
BEGIN_AGAIN = "Begin again: this took too long, was begun in another browser, or is answered already."


class ProviderPurpose(StrEnum):
    """What it is for that she shows who she is."""

    SIGN_IN = "sign in"
    INVITATION = "accept an invitation"
    CONFIRM = "confirm that it is still she"
    CONNECT = "connect her account"


@dataclass(frozen=True)
class ProviderRequest:
    """What was asked, for what and for whom; and what ties the answer to it."""

    purpose: ProviderPurpose
    whom: int
    """The invitation, or the user who is signed in; 0 where that is what is asked."""
    goes_on: str
    """Where she is led afterwards: a path of ours."""
    code_shown: bool
    """Whether she gave the code of her authenticator before."""
    at: float
    state: str
    nonce: str
    verifier: str

    @property
    def authorization(self) -> AuthorizationRequest:
        """What the provider is asked. Who comes in may have signed in there before; for all else she shows it anew.

        Whoever sits at a shared computer need not be who signed in there last.
        """
        back = f"{current_settings().public_base_url}/oidc/back"
        shown_after = None if self.purpose is ProviderPurpose.SIGN_IN else datetime.fromtimestamp(self.at, UTC)
        return AuthorizationRequest(self.state, self.nonce, self.verifier, back, shown_after)


def begin(purpose: ProviderPurpose, whom: int, goes_on: str, *, code_shown: bool = False) -> ProviderRequest:
    """A new request, in place of one that was begun before."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    made = ProviderRequest(purpose, whom, goes_on, code_shown, now().timestamp(), state, nonce, verifier)
    session[HALF] = asdict(made)
    return made


def taken(state: str) -> ProviderRequest:
    """What this browser asked with this state, for the first time and not long ago; SignInNeeded otherwise."""
    kept = session.pop(HALF, None)
    if kept is None or not compare_digest(kept["state"].encode(), state.encode()):
        raise SignInNeeded(BEGIN_AGAIN)
    begun = ProviderRequest(**{**kept, "purpose": ProviderPurpose(kept["purpose"])})
    if not guessing.goes_on(begun.at) or guessing.used_before("state", state):
        raise SignInNeeded(BEGIN_AGAIN)
    return begun


def note_shown(shown_at: datetime | None) -> None:
    """What follows is a sign-in by the provider, at which she showed then that it is she."""
    session[SHOWN] = shown_at.timestamp() if shown_at else 0.0


def came_in_at() -> datetime:
    """When she who comes in just now showed that it is she: now, or when the provider says; long ago where it does not.

    From now on her session knows how she came in.
    """
    shown = session.pop(SHOWN, None)
    session.pop(BY_PROVIDER, None)
    if shown is None:
        return now()
    session[BY_PROVIDER] = True
    return datetime.fromtimestamp(shown, UTC)
