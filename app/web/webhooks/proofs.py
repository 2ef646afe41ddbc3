"""How somebody who signs nothing proves to be whom we gave an address with a secret."""

from base64 import b64decode
from hmac import compare_digest


def shows_secret(authorization: str, user: str, secret: str) -> bool:
    """Whether a request has the secret that only `user` was given; without one there is none to show."""
    kind, _, given = authorization.partition(" ")
    try:
        shown = b64decode(given, validate=True)
    except ValueError:
        return False
    return bool(secret) and kind.lower() == "basic" and compare_digest(shown, f"{user}:{secret}".encode())
