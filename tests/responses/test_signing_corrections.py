"""A signature under a correction: whose it is, what it fits, and what the database holds of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from app.core.problems import BadInput, Forbidden
from app.responses.corrections import approve, refuse
from app.responses.models import Correction, CorrectionOutcome
from app.responses.signatures import altered, signature
from tests.responses.queries import ASKED_AT, DAY, SIGNED_AT, Desk
from tests.responses.queries import desk as desk


def test_the_signature_prints_name_time_and_meaning(desk: Desk) -> None:
    correction = desk.ask()
    approve(correction, desk.investigator, SIGNED_AT)
    assert (correction.signer_name, correction.decided_at) == ("Kari Nordmann", SIGNED_AT)
    assert correction.meaning == "I have compared this change with its source, and I approve it."
    assert correction.sha256 == signature(correction)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("proposed_value", "3"),
        ("original_value", "1"),
        ("previous_value", None),
        ("item", "walking"),
        ("instrument", "rmdq"),
        ("reason", "Another reason"),
        ("source", "Another source"),
        ("asked_by_id", -1),
        ("asked_at", ASKED_AT + DAY),
        ("outcome", CorrectionOutcome.REFUSED),
        ("decided_by_id", -1),
        ("decided_at", SIGNED_AT + timedelta(microseconds=1)),
        ("decision_reason", "because"),
        ("signer_name", "Ola Nordmann"),
        ("meaning", "I was there."),
        ("response_id", -1),
    ],
)
def test_a_signature_fits_nothing_else(desk: Desk, session: Session, column: str, value: object) -> None:
    correction = desk.ask()
    approve(correction, desk.investigator, SIGNED_AT)
    session.refresh(correction)
    assert list(altered([correction])) == []
    with session.no_autoflush:
        setattr(correction, column, value)
        assert list(altered([correction])) == [correction]
    session.expire(correction)


def test_a_signature_does_not_fit_another_response(desk: Desk, session: Session) -> None:
    correction = desk.ask()
    approve(correction, desk.investigator, SIGNED_AT)
    with session.no_autoflush:
        desk.response.sha256 = "0" * 64
        assert list(altered([correction])) == [correction]
    session.expire(desk.response)


@pytest.mark.parametrize(
    "decide", [approve, lambda query, signer, now: refuse(query, signer, "no", now)], ids=["approve", "refuse"]
)
def test_who_asks_cannot_decide(desk: Desk, session: Session, decide: Callable[..., None]) -> None:
    correction = desk.ask()
    with pytest.raises(Forbidden, match="Who asked for a change cannot decide it"):
        decide(correction, desk.coordinator, SIGNED_AT)
    session.refresh(correction)
    assert correction.outcome is None


def test_a_signature_needs_a_name_to_print(desk: Desk, session: Session) -> None:
    correction = desk.ask()
    desk.investigator.name = " "
    with pytest.raises(BadInput, match="A signature prints your name"):
        approve(correction, desk.investigator, SIGNED_AT)


SIGNED = (
    "outcome = 'approved', decided_at = now(), decided_by_id = {other}, sha256 = 'x', signer_name = 'K', meaning = 'M'"
)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("outcome = 'approved'", "decided_when"),
        (SIGNED + ", decided_at = NULL", "decided_when"),
        ("decided_by_id = {other}", "decided_who"),
        (SIGNED.replace("'approved'", "'closed'") + ", decision_reason = 'x'", "signed"),
        (SIGNED.replace("sha256 = 'x'", "sha256 = NULL"), "signed"),
        (SIGNED.replace("signer_name = 'K'", "signer_name = NULL"), "signed_name"),
        (SIGNED.replace("meaning = 'M'", "meaning = NULL"), "signed_meaning"),
        (SIGNED.replace("{other}", "{asker}"), "two_people"),
        (SIGNED.replace("'approved'", "'refused'"), "refused_because"),
    ],
)
def test_the_database_refuses_half_a_decision(desk: Desk, session: Session, change: str, rule: str) -> None:
    desk.ask()
    assignments = _last_said(change.format(other=desk.investigator.id, asker=desk.coordinator.id))
    with pytest.raises(IntegrityError, match=f"ck_corrections_{rule}"):
        session.execute(text(f"UPDATE corrections SET {assignments}"))  # noqa: S608 - a constant of ours


def _last_said(change: str) -> str:
    """Of a column that is set twice, the last."""
    pairs = dict(each.split(" = ") for each in change.split(", "))
    return ", ".join(f"{name} = {value}" for name, value in pairs.items())


def test_the_database_lets_nobody_change_what_is_decided(desk: Desk, session: Session) -> None:
    approve(desk.ask(), desk.investigator, SIGNED_AT)
    with pytest.raises(ProgrammingError, match="is decided: it is not changed any more"):
        session.execute(update(Correction).values(decision_reason="afterwards"))


@pytest.mark.parametrize(
    "column", ["proposed_value", "reason", "source", "original_value", "asked_by_id", "response_id"]
)
def test_the_database_lets_nobody_change_what_was_asked(desk: Desk, session: Session, column: str) -> None:
    desk.ask()
    session.commit()
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(update(Correction).values({column: None}))
