"""Keys of programs: shown once, kept as a hash, refused when expired, revoked, altered or of a disabled user."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import tokens, users
from app.accounts.models import ApiToken
from app.accounts.roles import Permission
from app.core.audit import AuditEntry
from app.core.problems import BadInput, Conflict, SignInNeeded
from tests.factories import NOW, user

LATER = NOW + timedelta(days=30)


@pytest.fixture
def issued(session: Session) -> tuple[ApiToken, str]:
    return tokens.issue(user(), [Permission.DOWNLOAD_EXPORT, Permission.DOWNLOAD_EXPORT], LATER, NOW)


def test_f38_a_token_opens_for_its_text_and_keeps_only_a_hash(issued: tuple[ApiToken, str]) -> None:
    token, text = issued
    assert tokens.authenticate(text, NOW) is token
    assert token.permissions == ["download export"]
    assert text.split("_", 2)[2].encode() not in token.secret_sha256


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "x", str.upper, lambda t: "", lambda t: "svar_x_y"])
def test_an_altered_text_opens_nothing(issued: tuple[ApiToken, str], change: object) -> None:
    assert callable(change)
    with pytest.raises(SignInNeeded):
        tokens.authenticate(change(issued[1]), NOW)


def test_it_ends_at_its_moment_not_before(issued: tuple[ApiToken, str]) -> None:
    assert tokens.authenticate(issued[1], LATER - timedelta(seconds=1))
    with pytest.raises(SignInNeeded):
        tokens.authenticate(issued[1], LATER)


def test_revoked_once_it_is_dead(issued: tuple[ApiToken, str]) -> None:
    tokens.revoke(issued[0], NOW)
    with pytest.raises(SignInNeeded):
        tokens.authenticate(issued[1], NOW)
    with pytest.raises(Conflict):
        tokens.revoke(issued[0], NOW)


def test_a_disabled_user_takes_her_tokens_with_her(issued: tuple[ApiToken, str]) -> None:
    holder = issued[0].user
    users.disable(holder, NOW)
    with pytest.raises(SignInNeeded):
        tokens.authenticate(issued[1], NOW)
    with pytest.raises(Conflict, match="is disabled"):
        tokens.issue(holder, [Permission.ENROL], NOW + timedelta(days=1), NOW)
    users.enable(holder)
    with pytest.raises(SignInNeeded):
        tokens.authenticate(issued[1], NOW)


@pytest.mark.parametrize("days", [-1, 0, 400])
def test_a_token_must_end_within_a_year(session: Session, days: int) -> None:
    with pytest.raises(BadInput):
        tokens.issue(user(), [], NOW + timedelta(days=days), NOW)


@pytest.mark.parametrize(("seconds", "noted"), [(0, 0), (59, 0), (60, 60), (3600, 3600)])
def test_uses_are_noted_to_the_minute(session: Session, issued: tuple[ApiToken, str], seconds: int, noted: int) -> None:
    token, _ = issued
    tokens.note_use(token, "10.0.0.1", NOW)
    session.refresh(token.use)
    tokens.note_use(token, "10.0.0.1", NOW + timedelta(seconds=seconds))
    session.refresh(token.use)
    assert token.use.used_at == NOW + timedelta(seconds=noted)


def test_uses_leave_nothing_in_the_audit_trail(session: Session, issued: tuple[ApiToken, str]) -> None:
    session.commit()
    before = session.scalars(select(func.count(AuditEntry.id))).one()
    tokens.note_use(issued[0], "x" * 100, NOW)
    session.commit()
    assert session.scalars(select(func.count(AuditEntry.id))).one() == before
