"""What an identity provider says of a person, checked: signed by one of its keys, for us, just now, for this request.

Authlib and joserfc look at the signature and at the claims; when she showed that it is she (`auth_time`) we look at
ourselves. Only signatures that nobody can make who knows the public key are taken: no `none`, no HMAC.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from app.accounts.identities import ShownIdentity
from app.accounts.models import LONGEST_SUBJECT
from app.accounts.oidc.discovery import ALGORITHMS

LEEWAY = timedelta(seconds=60)
"""So much may the provider's time differ from ours."""
OLDEST = timedelta(minutes=10)
"""A token is made for the request that is answered with it, not kept."""
LARGEST_TOKEN = 32 * 1024


class NotBelieved(ValueError):
    """The token is not one to be believed; the reason is for the log, and holds nothing of the token."""


class OtherKey(NotBelieved):
    """It names a key that is not known here: the provider may have a new one."""


@dataclass(frozen=True)
class ExpectedToken:
    """What the token must be: of whom, for whom, and the answer to which request."""

    issuer: str
    client_id: str
    nonce: str
    shown_after: datetime | None = None
    """She must have shown that it is she since then; None where an earlier sign-in will do."""
    strong: Set[str] = frozenset()
    """What its `acr` or `amr` says of a sign-in with a second factor."""


def read_id_token(
    token: object, keys: KeySet, expected: ExpectedToken, access_token: object, now: datetime
) -> ShownIdentity:
    """Whom this token is about; NotBelieved for one that does not hold, OtherKey where its key is not among these."""
    if not isinstance(token, str) or len(token) > LARGEST_TOKEN:
        raise NotBelieved("no token")
    try:
        decoded = jwt.decode(token, keys, registry=JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False))
        params = {"nonce": expected.nonce, "client_id": expected.client_id, "access_token": access_token}
        options = {"iss": {"value": expected.issuer}, "aud": {"value": expected.client_id}}
        claims = CodeIDToken(decoded.claims, decoded.header, options, params)
        claims.validate(now=round(now.timestamp()), leeway=round(LEEWAY.total_seconds()))
    except InvalidKeyIdError:
        raise OtherKey("its key is not known") from None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise NotBelieved(type(error).__name__) from None
    if not isinstance(claims["iat"], int | float) or _instant(claims["iat"]) < now - OLDEST - LEEWAY:
        raise NotBelieved("made long ago")
    shown_at, is_strong = _shown_at(claims, expected, now), _is_strong(claims, expected)
    return ShownIdentity(expected.issuer, _subject(claims), shown_at, is_strong)


def _subject(claims: Mapping[str, object]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise NotBelieved("no subject")
    return subject


def _shown_at(claims: Mapping[str, object], expected: ExpectedToken, now: datetime) -> datetime | None:
    """When she showed that it is she: not after now, and since the request where that is asked for."""
    given = claims.get("auth_time")
    if given is None or isinstance(given, bool) or not isinstance(given, int | float):
        if expected.shown_after is not None:
            raise NotBelieved("no auth_time")
        return None
    shown_at = _instant(given)
    if shown_at > now + LEEWAY:
        raise NotBelieved("an auth_time to come")
    if expected.shown_after is not None and shown_at < expected.shown_after.replace(microsecond=0):
        raise NotBelieved("an auth_time before the request")
    return min(shown_at, now)


def _is_strong(claims: Mapping[str, object], expected: ExpectedToken) -> bool:
    methods = claims.get("amr")
    said = [claims.get("acr"), *(methods if isinstance(methods, list) else [])]
    return any(isinstance(each, str) and each in expected.strong for each in said)


def _instant(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise NotBelieved("no instant") from None
