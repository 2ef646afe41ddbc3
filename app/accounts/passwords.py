"""Which passwords are taken, and how many may be hashed at once: Argon2 takes 64 MB for each that it looks at."""

from typing import Any

from passlib.context import CryptContext

from app.core.turns import Turns

SHORTEST = 12
LONGEST_PASSWORD = 200
LONGEST_HASHED = 1024
"""Of what is sent as a password; more is nobody's, and passlib fails at four times as much."""
LOOKED_AT = 72
"""Of a longer password, zxcvbn is shown as much: it takes ever longer, and that much is strong or weak already."""
STRONG = 3
TURNS = Turns(2)


class InTurn(CryptContext):  # type: ignore[misc]
    """Passlib's hashing, a few at once."""

    def hash(self, secret: Any, *args: Any, **kwargs: Any) -> Any:
        """The hash of a new password."""
        with TURNS.take():
            return super().hash(secret[:LONGEST_HASHED], *args, **kwargs)

    def verify(self, secret: Any, *args: Any, **kwargs: Any) -> Any:
        """Whether this is the password of the hash; one that is longer than any is wrong, after as long a time."""
        with TURNS.take():
            same = super().verify(secret[:LONGEST_HASHED], *args, **kwargs)
        return same and len(secret) <= LONGEST_HASHED


def wrong_password(password: str, email: str, name: str = "") -> str:
    """What is wrong with a new password, or nothing."""
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters; a few words are good."
    if len(password) > LONGEST_PASSWORD:
        return f"Use at most {LONGEST_PASSWORD} characters."
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
    guessable = ["svar", email, before, before.replace(".", ""), domain, name, name.replace(" ", ""), *parts]
    score: int = zxcvbn(password[:LOOKED_AT], user_inputs=[word.lower() for word in guessable if word])["score"]
    return score < STRONG
