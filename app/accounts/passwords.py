"""Which passwords are taken, and how many may be hashed at once.

Argon2 takes 64 MB for each password it looks at. A flood of sign-ins would take all memory, so in each process only a
few are looked at together; the others wait for their turn, and not for long.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, local
from typing import Any

from passlib.context import CryptContext

from app.core.problems import Unavailable

SHORTEST = 12
LONGEST = 200
LOOKED_AT = 72
"""Of a longer password, zxcvbn is shown as much: it takes ever longer, and that much is strong or weak already."""
STRONG = 3
AT_ONCE = 2
PATIENCE = 4.0

_turns = BoundedSemaphore(AT_ONCE)
_this_thread = local()


@contextmanager
def turn() -> Iterator[None]:
    """One of the few turns at hashing; Unavailable where none comes soon. Whoever has one need not wait for another."""
    if getattr(_this_thread, "has_one", False):
        yield
        return
    if not _turns.acquire(timeout=PATIENCE):
        raise Unavailable("Many people are signing in just now. Try again in a moment.", retry_after=5)
    _this_thread.has_one = True
    try:
        yield
    finally:
        _this_thread.has_one = False
        _turns.release()


class InTurn(CryptContext):  # type: ignore[misc]
    """Passlib's hashing, a few at once."""

    def hash(self, *args: Any, **kwargs: Any) -> Any:
        """The hash of a new password."""
        with turn():
            return super().hash(*args, **kwargs)

    def verify(self, *args: Any, **kwargs: Any) -> Any:
        """Whether this is the password of the hash."""
        with turn():
            return super().verify(*args, **kwargs)


def wrong_password(password: str, email: str, name: str = "") -> str:
    """What is wrong with a new password, or nothing."""
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters; a few words are good."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if ("@" in password and password.strip().lower() == email) or _is_an_address(password):
        return "An e-mail address is no password: others know it. A few words are good."
    if _is_easily_guessed(password, email, name):
        return (
            "This password is among the first that are tried. Use a few words that have nothing to do with each other."
        )
    return ""


def _is_an_address(password: str) -> bool:
    before, at, domain = password.strip().partition("@")
    return bool(before and at and "." in domain) and not any(character.isspace() for character in password.strip())


def _is_easily_guessed(password: str, email: str, name: str) -> bool:
    """Whether lists of passwords, words and patterns, or what is known of its owner, lead to it soon."""
    from zxcvbn import zxcvbn  # its lists take a while to read

    before, _, domain = email.partition("@")
    parts = [*before.replace("-", ".").split("."), *domain.split("."), *name.split()]
    known = ["svar", email, before, before.replace(".", ""), domain, name.replace(" ", ""), *parts]
    score: int = zxcvbn(password[:LOOKED_AT], user_inputs=[word.lower() for word in known if word])["score"]
    return score < STRONG
