"""Who may ask: the holder of a token, for what both the token and its user's membership permit, at the user's sites.

A session does not count here, so no page of somebody else's can make a browser use it.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import wraps

from flask import g, request
from flask.typing import ResponseReturnValue

from app.accounts import tokens
from app.accounts.models import ApiToken
from app.accounts.roles import Permission
from app.api.limits import count_request
from app.core.audit import start_acting
from app.core.database import db
from app.core.problems import SignInNeeded
from app.core.time import now
from app.permitting import Anybody, View, check_state, guarded, let_in
from app.studies.access import Scope, binding, scope, studies_of
from app.studies.confining import confine
from app.studies.states import Act

BEARER = re.compile(r"Bearer (svar_[0-9a-f]+_[A-Za-z0-9_-]{20,100})")


def requires(
    permission: Permission, *, whole_study: bool = False, what: str = "An export", act: Act | None = None
) -> Callable[[View], View]:
    """The view's study is `study` in its address; `current_scope()` has the sites where the token has `permission`.

    What it changes is `act` to the study's state, or what the permission is for.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def allowed(*args: object, study: str, **kwargs: object) -> ResponseReturnValue:
            token = _holder()
            whole, bound = what if whole_study else "", binding(token)
            let_in(token.user, study, permission, issued_for=token.issued_for, bound=bound, whole=whole)
            check_state(allowed)
            return view(*args, **kwargs)

        return guarded(allowed, permission, act)

    return decorate


def any_token(view: View) -> View:
    """The view is for every token; it shows what that one may see."""

    @wraps(view)
    def allowed(*args: object, **kwargs: object) -> ResponseReturnValue:
        _holder()
        return view(*args, **kwargs)

    return guarded(allowed, Anybody.ANY_TOKEN)


def current_token() -> ApiToken:
    """The token that this request was sent with."""
    token: ApiToken = g.token
    return token


def because(reason: str) -> None:
    """Let the audit trail say why this request changes what it changes."""
    token = current_token()
    start_acting(f"user:{token.user_id}", f"API token {token.prefix}: {reason}")


def scopes(token: ApiToken) -> list[Scope]:
    """What the token may do, study by study, at all sites where it may do anything."""
    by_study, bound = [], binding(token)
    for study in studies_of(token.user):
        scopes = (scope(token.user, study, permission, token.issued_for, bound) for permission in Permission)
        parts = [part for part in scopes if part is not None]
        if parts:
            site_ids = {site_id for part in parts for site_id in part.site_ids}
            by_study.append(replace(parts[0], site_ids=tuple(sorted(site_ids))))
    return by_study


def note_request(token: ApiToken) -> None:
    """Count it, and note that the token was used; this stays noted whatever the request is answered."""
    count_request(token)
    if tokens.note_use(token, request.remote_addr or "", now()):
        db.session.commit()


def _holder() -> ApiToken:
    given = BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    if given is None:
        raise SignInNeeded("Send an API token: Authorization: Bearer svar_...")
    token = tokens.authenticate(given[1], now())
    note_request(token)
    start_acting(f"user:{token.user_id}", f"API token {token.prefix}")
    g.token = token
    confine(())  # nobody's rows, until a view's permission says whose
    return token
