"""The one place where a request begins and ends: id, actor, commit or rollback, headers, problems.

Responses below 400 commit, all others roll back; one that refuses may say that it keeps (`keep_although_refused`).
Nothing here logs an address: a patient's link is in it.
"""

import logging
import re
import secrets
import time
from collections.abc import Set
from io import BytesIO
from typing import IO
from urllib.parse import urlsplit

from flask import (
    Flask,
    Request,
    Response,
    current_app,
    g,
    has_request_context,
    jsonify,
    make_response,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DataError, DBAPIError, InternalError, OperationalError, SQLAlchemyError, TimeoutError
from werkzeug.exceptions import HTTPException, SecurityError, UnsupportedMediaType
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from app.config import current_settings, settings_of
from app.core import failures, newer_keys
from app.core.audit import reset_acting, start_acting
from app.core.crypto import WrongKey
from app.core.database import db
from app.core.logging import end_trace, start_trace
from app.core.patience import is_busy
from app.core.problems import BadInput, Forbidden, Problem, Unavailable
from app.web.error_words import BROKE, BROKEN, ODD, SENTENCES, TITLES, refused_with

log = logging.getLogger("svar.web")
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ELSEWHERE = "This came from a page that is not ours. Open the page here, and send it from there."
NO_ORIGIN = "null"
FORM_TYPE = "application/x-www-form-urlencoded"
DATABASE_ERRORS = (OperationalError, InternalError, TimeoutError)
"""What SQLAlchemy says of a database that is out of reach, or too busy."""
BUSY_PAGE = "Somebody else is at work on the same just now. Nothing of this was stored; try again in a few seconds."


class InMemoryRequest(Request):
    """A request whose files never lie on a disk: a list of people may be among them. They are no larger than a form."""

    def _get_file_stream(self, *_: object, **__: object) -> IO[bytes]:
        return BytesIO()


def init_app(app: Flask) -> None:
    """Put the edge around every request: one commit, headers, problems."""
    settings, app.request_class = settings_of(app), InMemoryRequest
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_forget)
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(HTTPException, _http_error)
    for error in DATABASE_ERRORS:
        app.register_error_handler(error, _database_away)
    app.register_error_handler(WrongKey, _shut)
    app.register_error_handler(DataError, _unreadable)
    app.register_error_handler(Exception, _unexpected)
    app.jinja_env.globals["csp_nonce"] = csp_nonce


def csp_nonce() -> str:
    """This response's nonce for its own inline style and script."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def wants_json() -> bool:
    """Whether the other side is a program."""
    if request.path.startswith(("/api/", "/webhooks/", "/health/")):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def keep_although_refused() -> None:
    """Commit what this request did although it is answered with a refusal: what she wrote stays."""
    g.kept_although_refused = True


def render_problem(problem: Problem) -> tuple[Response | str, int]:
    """The problem as a page, or as problem+json for programs."""
    if not wants_json():
        again = sent_again() if isinstance(problem, Unavailable) else []
        return render_template("problem.html", problem=problem, again=again), problem.status
    body: dict[str, object] = {"type": "about:blank", "title": problem.title, "status": problem.status}
    body |= {"detail": problem.detail, "request_id": g.get("request_id")}
    if problem.errors:
        body["errors"] = problem.errors
    answer = jsonify(body)
    answer.mimetype = "application/problem+json"
    return answer, problem.status


def _begin() -> None:
    """Note who asks, then read all that is sent: a line that trickles holds no transaction, for none is open yet."""
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    g.began, g.trace = time.perf_counter(), start_trace(g.request_id)
    g.acting = start_acting("visitor")
    request.get_data()
    if request.method not in SAFE:
        _refuse_others_pages()
    if request.is_json and not request.path.startswith("/api/"):
        raise UnsupportedMediaType  # pages are sent forms; a library that would read JSON here trusts its shape


def _refuse_others_pages() -> None:
    """What changes something comes from a page of ours, or from no page at all; browsers say which.

    Our pages name no referrer, so their own forms say `Origin: null`; old browsers say nothing of their site.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin", NO_ORIGIN)
    ours = set[str]()
    if origin != NO_ORIGIN:
        ours = {request.host_url.rstrip("/"), _origin(current_settings().public_base_url)}
    if not comes_from_us(site, origin, ours):
        g.from_elsewhere = True
        raise Forbidden(ELSEWHERE)


def comes_from_us(site: str | None, origin: str, ours: Set[str]) -> bool:
    """Whether a browser that says so sends what one of our pages, or a person herself, asked for."""
    if site == "same-origin":
        return True
    return site in (None, "none") and origin in {NO_ORIGIN, *ours}


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _end(response: AnyResponse) -> AnyResponse:
    response = _settled(response)
    _set_headers(response)
    rule = request.url_rule.rule if request.url_rule else "-"
    milliseconds = (time.perf_counter() - g.began) * 1000
    said = {"route": rule, "status": response.status_code, "milliseconds": round(milliseconds)}
    log.info("%s %s %s %.0fms %s", request.method, rule, response.status_code, milliseconds, g.request_id, extra=said)
    return response


def _settled(response: AnyResponse) -> AnyResponse:
    """The response once the database has said yes; what it refuses at the last moment is a problem like any other."""
    if not db.session_is_used:
        return response
    if response.status_code >= (500 if g.get("kept_although_refused") else 400):
        db.session.rollback()
        return response
    try:
        db.session.commit()
    except Exception as error:
        db.session.rollback()
        return current_app.make_response(current_app.handle_user_exception(error))
    return response


def _forget(_: BaseException | None) -> None:
    if "acting" in g:
        reset_acting(g.acting)
    if "trace" in g:
        end_trace(g.trace)


def _set_headers(response: AnyResponse) -> None:
    own = f"'self' 'nonce-{g.csp_nonce}'" if "csp_nonce" in g else "'self'"
    policy = (
        f"default-src 'none'; script-src {own}; style-src {own}; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'; worker-src 'self'"
    )
    headers = response.headers
    headers.setdefault("Content-Security-Policy", policy)
    headers["X-Request-ID"] = g.request_id
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    headers["X-Robots-Tag"] = "noindex"
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"


def _problem(problem: Problem) -> tuple[Response | str, int] | Response:
    body, status = render_problem(problem)
    if problem.retry_after is None:
        return body, status
    answer = make_response(body, status)
    answer.headers["Retry-After"] = str(problem.retry_after)
    return answer


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if (status := refused_with(error)) is None:
        return error.get_response()
    if isinstance(error, SecurityError):  # a host that is not ours: no page of ours can be drawn for it
        return Response("This address does not belong to this service.\n", status, mimetype="text/plain")
    sentence = BROKEN if status >= 500 else error.description or BROKEN
    problem = Problem(SENTENCES.get(status, sentence))
    problem.status = status
    problem.title = TITLES.get(status, BROKE if status >= 500 else ODD)
    body, status = render_problem(problem)
    allowed = [(name, value) for name, value in error.get_headers() if name == "Allow"]
    return body, status, allowed


def _database_away(error: SQLAlchemyError) -> ResponseReturnValue:
    return _problem(unavailable(error))


def unavailable(error: SQLAlchemyError) -> Unavailable:
    """The problem that a database out of reach is, or one that is too busy; noted in the log by its kind."""
    busy = is_busy(error)
    if has_request_context():
        kind, code = type(getattr(error, "orig", error)).__name__, failures.sqlstate(error) or "-"
        said = failures.fields(error)
        log.error("database %s: %s %s %s", "busy" if busy else "away", kind, code, g.get("request_id"), extra=said)
    db.session.rollback()
    if busy:
        return Unavailable(BUSY_PAGE, retry_after=5)
    return Unavailable("The service cannot reach its database just now. Nothing was lost.", retry_after=30)


def _shut(error: WrongKey) -> ResponseReturnValue:
    return _problem(unopened(error))


def unopened(error: WrongKey) -> Unavailable:
    """The problem that a value is which our keys do not open: they can be put right, and nothing was lost."""
    log.error("a value does not open: %s at %s %s", *failures.told(error), g.get("request_id"))
    db.session.rollback()
    return Unavailable(newer_keys.LATER, retry_after=60)


def sent_again() -> list[tuple[str, str]]:
    """What a form had in it that could not be stored just now, for a button that sends it once more; nothing secret."""
    if (
        request.method != "POST"
        or request.mimetype != FORM_TYPE
        or (request.endpoint or "").startswith(("security.", "oidc."))
    ):
        return []
    secret = ("_pin", "_birth_year")
    return [(name, value) for name, value in request.form.items(multi=True) if name not in secret]


def _unreadable(_: DataError) -> ResponseReturnValue:
    """What no column can hold (a NUL in a text, a number beyond all rows) is the sender's, not our mistake."""
    db.session.rollback()
    return render_problem(BadInput(SENTENCES[400]))


def _unexpected(error: Exception) -> ResponseReturnValue:
    # a database error carries the statement's values: log its kind, not its text
    said, of_database = failures.fields(error), isinstance(error, DBAPIError)
    kind, where = failures.kind(error), failures.place(error)
    info = None if of_database else error
    log.error("unexpected %s at %s %s", kind, where, g.get("request_id"), exc_info=info, extra=said)
    problem = Problem(BROKEN)
    problem.status, problem.title = 500, BROKE
    return render_problem(problem)
