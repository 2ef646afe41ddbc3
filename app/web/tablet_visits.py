"""Which visit a browser shows on the clinic's tablet: a cookie for one visit, signed, for half an hour."""

from datetime import timedelta
from hmac import compare_digest

from flask import redirect, request, url_for
from itsdangerous import BadSignature
from werkzeug.wrappers import Response as AnyResponse

from app.config import current_settings
from app.web.signed_times import NearTimeSigner

COOKIE, MARK = "svar_tablet", "tablet"
LASTS_SECONDS = 1800


def opened_on_tablet(token: str) -> AnyResponse:
    """To the visit, with the cookie that lets this browser see it."""
    answer = redirect(marked(url_for("patient.show", token=token)), 303)
    kept = _signer().sign(token).decode()
    answer.set_cookie(COOKIE, kept, LASTS_SECONDS, path="/", secure=request.is_secure, httponly=True, samesite="Strict")
    return answer


def is_open_here(token: str) -> bool:
    """Whether this browser's cookie is for this visit's link, and not too old."""
    kept = visit_here(timedelta(seconds=LASTS_SECONDS))
    return kept is not None and compare_digest(kept.encode(), token.encode())


def visit_here(since: timedelta) -> str | None:
    """The link of the visit that was opened in this browser so long ago at most."""
    try:
        kept: bytes = _signer().unsign(request.cookies.get(COOKIE, ""), max_age=int(since.total_seconds()))
        return kept.decode()
    except (BadSignature, UnicodeDecodeError):
        return None


def token_in(address: str) -> str | None:
    """The link of a visit, of an address to which a tablet is led."""
    path, _, query = address.partition("?")
    return path.removeprefix("/a/") if path.startswith("/a/") and query == f"{MARK}=1" else None


def marked(address: str) -> str:
    """An address of the visit's pages as the tablet is to show it."""
    return f"{address}{'&' if '?' in address else '?'}{MARK}=1"


def _signer() -> NearTimeSigner:
    return NearTimeSigner(current_settings().signing_secrets, salt="tablet")
