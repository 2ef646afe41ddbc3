"""What whoever asks may do: decided once for pages and programs, and known until the answer is given.

A view says what it asks for (`guarded`); its channel finds out who asks, lets her in (`let_in`), and says no in its own
way. A view that says nothing is nobody's.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

from flask import g, request
from flask.typing import ResponseReturnValue

from app.accounts.models import User
from app.accounts.roles import Permission
from app.studies.access import EVERYTHING, Scope, admit
from app.studies.confining import confine
from app.studies.guarding import allow
from app.studies.models import TokenBinding
from app.studies.states import Act

LOOKING = ("GET", "HEAD", "OPTIONS")
View = Callable[..., ResponseReturnValue]


class Anybody(StrEnum):
    """What a view asks for that is not about one study."""

    SIGNED_IN = "signed in"
    ANY_TOKEN = "any token"  # noqa: S105 - what a view asks for, not a secret


CHANGES: Mapping[Permission, Act] = {
    Permission.ENROL: Act.ENROL,
    Permission.RECORD_EVENTS: Act.RECORD,
    Permission.MANAGE_MESSAGES: Act.RECORD,
    Permission.CORRECT: Act.CORRECT,
    Permission.APPROVE: Act.CORRECT,
}
"""What a view that changes something does, where it does not say so itself; the study's state must allow it."""


def guarded(view: View, asks_for: Permission | Anybody, act: Act | None = None) -> View:
    """The view, which asks for this, and does this act where it changes something."""
    view.asks_for = asks_for  # type: ignore[attr-defined]
    named = CHANGES.get(asks_for) if isinstance(asks_for, Permission) else None
    view.act = act or named  # type: ignore[attr-defined]
    return view


def act_of(view: Callable[..., object]) -> Act | None:
    """What this view does where it changes something; nothing where every state allows it."""
    act: Act | None = getattr(view, "act", None)
    return act


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


def check_state(view: Callable[..., object]) -> None:
    """NotInThisState where what the view changes may not be changed while the study is in its state."""
    act = act_of(view)
    if act is not None and request.method not in LOOKING:
        allow(current_scope().study, act)


def current_scope() -> Scope:
    """What she may see and do who asks."""
    scope: Scope = g.scope
    return scope


def scope_if_any() -> Scope | None:
    """The same, or nothing on a page that is of no study."""
    scope: Scope | None = g.get("scope")
    return scope
