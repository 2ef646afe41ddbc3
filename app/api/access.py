"""Who may ask: the holder of a token, for what both the token and its user's membership permit, at the user's sites.

A session does not count here, so no page of somebody else's can make a browser use it.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from flask import g, request

from app.accounts import tokens
from app.accounts.models import ApiToken
from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.problems import Forbidden, NotFound, SignInNeeded
from app.core.time import now
from app.studies.access import Scope, scope, studies_of
from app.studies.confining import confine
from app.studies.models import Study

View = Callable[..., Any]
BEARER = re.compile(r"Bearer (svar_[0-9a-f]+_[A-Za-z0-9_-]{20,100})")
ANY_TOKEN = "any token"  # noqa: S105 - what a route asks for, not a secret


def requires(permission: Permission) -> Callable[[View], View]:
    """The view's study is `study` in its address; `g.scope` then holds the sites where the token has `permission`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def allowed(*args: Any, study: str, **kwargs: Any) -> Any:
            g.scope = _scope(_holder(), study, permission)
            confine(g.scope.site_ids)
            return view(*args, **kwargs)

        allowed.permission = permission  # type: ignore[attr-defined]
        return allowed

    return decorate


def any_token(view: View) -> View:
    """The view is for every token; it shows what that one may see."""

    @wraps(view)
    def allowed(*args: Any, **kwargs: Any) -> Any:
        _holder()
        return view(*args, **kwargs)

    allowed.permission = ANY_TOKEN  # type: ignore[attr-defined]
    return allowed


def scopes(token: ApiToken) -> list[Scope]:
    """What the token may do, study by study, at all sites where it may do anything."""
    found = []
    for study in studies_of(token.user):
        parts = [part for permission in _issued_for(token) if (part := _narrowed(token, study, permission))]
        if parts:
            ids = {site_id for part in parts for site_id in part.site_ids}
            found.append(replace(parts[0], site_ids=tuple(sorted(ids))))
    return found


def _holder() -> ApiToken:
    given = BEARER.fullmatch(request.headers.get("Authorization", "").strip())
    if given is None:
        raise SignInNeeded("Send an API token: Authorization: Bearer svar_...")
    token = tokens.authenticate(given[1], now())
    start_acting(f"user:{token.user_id}", f"API token {token.prefix}")
    g.token = token
    confine(())  # nobody's rows, until a view's permission says whose
    return token


def _scope(token: ApiToken, code: str, permission: Permission) -> Scope:
    study = next((study for study in studies_of(token.user) if study.code == code), None)
    if study is None:
        raise NotFound("There is no such study, or you do not work for it.")
    if permission not in _issued_for(token):
        raise Forbidden(f"This token was not issued for: {permission.value}.")
    found = _narrowed(token, study, permission)
    if found is None:
        raise Forbidden(f"Your role in {code} does not include: {permission.value}.")
    return found


def _narrowed(token: ApiToken, study: Study, permission: Permission) -> Scope | None:
    """The user's scope, without what the token was not issued for."""
    found = scope(token.user, study, permission)
    return found and replace(found, permissions=found.permissions & _issued_for(token))


def _issued_for(token: ApiToken) -> frozenset[Permission]:
    return frozenset(permission for permission in Permission if permission.value in token.permissions)
