"""What whoever asks may do: decided once for pages and programs, and known until the answer is given.

A view says what it asks for (`guarded`); its channel finds out who asks, lets her in (`let_in`), and says no in its own
way. A view that says nothing is nobody's.
"""

from collections.abc import Callable
from enum import StrEnum

from flask import g
from flask.typing import ResponseReturnValue

from app.accounts.models import User
from app.accounts.roles import Permission
from app.studies.access import EVERYTHING, Scope, admit
from app.studies.confining import confine
from app.studies.models import TokenBinding

View = Callable[..., ResponseReturnValue]


class Anybody(StrEnum):
    """What a view asks for that is not about one study."""

    SIGNED_IN = "signed in"
    ANY_TOKEN = "any token"  # noqa: S105 - what a view asks for, not a secret


def guarded(view: View, asks_for: Permission | Anybody) -> View:
    """The view, which asks for this."""
    view.asks_for = asks_for  # type: ignore[attr-defined]
    return view


def asked_by(view: Callable[..., object]) -> Permission | Anybody | None:
    """What this view asks for, if it says so."""
    asks_for: Permission | Anybody | None = getattr(view, "asks_for", None)
    return asks_for


def let_in(
    user: User,
    study: str,
    permission: Permission,
    *,
    issued_for: frozenset[Permission] = EVERYTHING,
    bound: TokenBinding | None = None,
    whole: str = "",
) -> None:
    """Go on with what she may see of this study, and nothing else; NotFound or Forbidden as `admit` says."""
    g.scope = admit(user, study, permission, issued_for=issued_for, bound=bound, whole=whole)
    confine(current_scope().site_ids)


def current_scope() -> Scope:
    """What she may see and do who asks."""
    scope: Scope = g.scope
    return scope


def scope_if_any() -> Scope | None:
    """The same, or nothing on a page that is of no study."""
    scope: Scope | None = g.get("scope")
    return scope
