"""Whose tries they are: those of a device that signed in here before, or those of the account at this address.

A device is known by a cookie that it was given when somebody came in with everything that is asked for. Its tries are
counted by themselves. So strangers who use up the tries of an account from elsewhere do not keep its owner out.

Who comes from a device that is not known has her own tries at her address, and shares those of the account with all
others who are not known. Where these are used up a code of her authenticator, sent with the password, shows that the
try is hers: a wrong one reads as a wrong password does, and then no password was looked at. (Rejected: to look at every
password and to hold up the wrong ones alone, which is to let everybody guess; and a puzzle for the browser to solve.)
"""

import hashlib
import secrets
from functools import partial

from flask import after_this_request, current_app, request, session
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from app.accounts import tries
from app.accounts.models import User
from app.config import current_settings
from app.core.database import transaction
from app.core.networks import one_persons
from app.core.one_time import FURTHEST_APART
from app.core.problems import SignInNeeded
from app.core.time import now
from app.web.staff import second_factors

DEVICE_LASTS = 180 * 24 * 3600
PEOPLE_PER_DEVICE = 8
CODES = 5
HALF_LASTS = 600
BEGIN_AGAIN = "Sign in again, from the beginning: this took too long, or the code was wrong five times."


def before_password(email: str) -> None:
    """Count a try at the password of this address, known here or not, and keep that whatever becomes of the request."""
    _take(_of_password(email))


def shows_whose(user: User | None, email: str, code: str) -> bool:
    """Whether this code of the account's authenticator shows that the try is its owner's; counted before we look.

    It is used then, and the next one is asked for after the password: or who knows that would guess codes here, where
    nobody waits for long, and come in with the first that is right.
    """
    _take([f"proving:{_digest(email)}:{_address()}"])
    if user is None or not user.tf_totp_secret:
        return False
    with transaction():
        right = second_factors.use_code(user, code)
    if right:
        _take([_proven(email)])
    return right


def begin_half() -> None:
    """The password was right: what follows is counted as one half-finished sign-in, and nothing is left of another."""
    end_half()
    session["half"], session["half_at"] = secrets.token_urlsafe(16), now().timestamp()


def before_code(user: User) -> None:
    """Count a try at the second factor."""
    before_half()
    _take([_of_code(user)])


def goes_on(began: float) -> bool:
    """Whether what began at this instant still lasts; the clock of the machine where it did may be a little ahead."""
    return -FURTHEST_APART.total_seconds() <= now().timestamp() - began < HALF_LASTS


def before_half() -> None:
    """Count a try of a half-finished sign-in; SignInNeeded, and it is over, after five of them."""
    half, began = session.get("half"), session.get("half_at", 0.0)
    if half is None or not goes_on(began):
        end_half()
        raise SignInNeeded(BEGIN_AGAIN)
    with transaction():
        used_up = tries.count(f"half:{half}", now()) > CODES
    if used_up:
        end_half()
        raise SignInNeeded(BEGIN_AGAIN)


def before_recovery_code(user: User) -> None:
    """Count a try at a recovery code; it is long, so who else has her password does not hold her up elsewhere."""
    before_half()
    _take([f"recovery:{user.id}:{_address()}"])


def before_code_again(user: User) -> None:
    """Count a try at the second factor of somebody who is signed in."""
    _take([_of_code(user)])


def before_passkey(credential: str) -> None:
    """Count a try with this passkey; only who has it knows its name, so nobody else uses up its tries."""
    _take([_of_passkey(credential)])


def passkey_was_right(credential: str) -> None:
    """It answered as it should."""
    tries.forget([_of_passkey(credential)])


def before_provider() -> None:
    """Count a try with what an identity provider is said to have given."""
    _take([f"provider:{_address()}"])


def provider_was_right() -> None:
    """It was given to whoever showed it."""
    tries.give_back([f"provider:{_address()}"])


def used_before(what: str, secret: str) -> bool:
    """Whether this has been used here; from now on it has."""
    with transaction():
        return not tries.first_use(f"{what}:{hashlib.sha256(secret.encode()).hexdigest()[:32]}", now())


def password_was_right(user: User) -> None:
    """It was hers: her tries at it count no longer, those at her codes do, and what is shared gets one back."""
    mine = _of_password(user.email)
    shared = [subject for subject in mine if subject.partition(":")[0] in tries.SHARED]
    tries.forget([_proven(user.email), *(set(mine) - set(shared))])
    tries.give_back(shared)


def was_right(user: User) -> None:
    """She is who she says, with everything that is asked for: none of her tries counts any longer."""
    tries.forget([_of_code(user), f"recovery:{user.id}:{_address()}"])
    password_was_right(user)


def came_in(user: User) -> None:
    """She is in: this device is known from now on."""
    was_right(user)
    end_half()
    device, people = _known()
    people = [_digest(user.email), *(person for person in people if person != _digest(user.email))]
    value = _signer().dumps([device or secrets.token_urlsafe(16), people[:PEOPLE_PER_DEVICE]])
    after_this_request(partial(_remember, value))


def end_half() -> None:
    """Nothing is left of a half-finished sign-in."""
    for name in [name for name in session if name.startswith(("tf_", "half"))]:
        session.pop(name)


def _take(subjects: list[str]) -> None:
    with transaction():
        tries.take(subjects, now())


def _of_password(email: str) -> list[str]:
    device, person = _device_of(email), _digest(email)
    if device:
        return [f"device:{device}:{person}"]
    return [f"account:{person}", f"account at:{person}:{_address()}", f"address:{_address()}"]


def _of_code(user: User) -> str:
    device = _device_of(user.email)
    return f"code at:{device}:{user.id}" if device else f"code:{user.id}"


def _proven(email: str) -> str:
    return f"proven:{_digest(email)}"


def _of_passkey(credential: str) -> str:
    return f"passkey:{hashlib.sha256(credential.encode()).hexdigest()[:32]}"


def _digest(email: str) -> str:
    """An address as it is counted; who is unknown here is counted as everybody else is."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]


def _address() -> str:
    """Where the request comes from."""
    return one_persons(request.remote_addr or "")


def _device_of(email: str) -> str:
    """The device that this request comes from, if this person came in with it before."""
    device, people = _known()
    return device if _digest(email) in people else ""


def _known() -> tuple[str, list[str]]:
    try:
        device, people = _signer().loads(request.cookies.get(_cookie(), ""), max_age=DEVICE_LASTS)
    except (BadData, ValueError):
        return "", []
    return str(device), [str(person) for person in people]


def _remember(value: str, response: Response) -> Response:
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(_cookie(), value, max_age=DEVICE_LASTS, secure=secure, httponly=True, samesite="Strict")
    return response


def _cookie() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_settings().signing_secrets, salt="known device")
