"""A program notes that somebody leaves, signs anew, or goes on at another site; and so does the shell."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.participants.models import Participant
from tests.api.conftest import Program, Programs
from tests.exports.conftest import NOW
from tests.factories import command

S = "/studies/backtobasic"
HERS = f"{S}/participants/01-010"
TODAY, TOMORROW = "2026-04-07", "2026-04-08"


@pytest.fixture
def coordinator(program: Programs) -> Program:
    return program(Role.COORDINATOR)


def sent(program: Program, path: str, body: dict[str, Any], status: int = 201) -> Any:
    answer = program.post(f"{HERS}/{path}", body)
    assert answer.status_code == status, answer.text
    return answer.json


def her(session: Session) -> Participant:
    session.rollback()
    return session.scalars(select(Participant).filter_by(code="01-010")).one()


def test_she_leaves_today_and_the_reason_is_in_the_trail(coordinator: Program, session: Session) -> None:
    noted = sent(coordinator, "withdrawals", {"grade": "no further use", "reason": "told on the telephone"})
    assert (noted["grade"], noted["on"], noted["undone_at"]) == ("no further use", TODAY, None)
    assert noted["in_effect_at"] is not None
    assert her(session).left_as == "no further use"
    query = select(AuditEntry.reason).where(AuditEntry.table_name == "public.participants")
    reason = session.scalars(query.order_by(AuditEntry.id.desc())).first()
    assert str(reason).endswith(": told on the telephone")
    assert coordinator.get(f"{HERS}/withdrawals").json == {"items": [noted]}


def test_what_is_to_come_is_undone(coordinator: Program, session: Session) -> None:
    noted = sent(coordinator, "withdrawals", {"grade": "no texts", "on": TOMORROW, "reason": "moves abroad"})
    assert noted["in_effect_at"] is None
    undone = sent(coordinator, f"withdrawals/{noted['id']}/undoing", {"reason": "she changed her mind"}, 200)
    assert undone["undone_at"] is not None
    sent(coordinator, f"withdrawals/{noted['id']}/undoing", {"reason": "she changed her mind"}, 409)
    sent(coordinator, "withdrawals/999/undoing", {"reason": "she changed her mind"}, 404)
    assert her(session).left_as is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"grade": "gone", "reason": "x"}, "grade"),
        ({"reason": "x"}, "grade"),
        ({"grade": "died"}, "reason"),
        ({"grade": "died", "reason": "x", "on": TOMORROW}, "on"),
        ({"grade": "died", "reason": "x", "on": "8 April"}, "on"),
        ({"grade": "died", "reason": " "}, "reason"),
        ({"grade": "died", "reason": "x", "why": "y"}, "why"),
    ],
)
def test_what_is_wrong_is_named(coordinator: Program, session: Session, body: dict[str, Any], field: str) -> None:
    assert field in sent(coordinator, "withdrawals", body, 400)["errors"]
    assert her(session).left_as is None


def test_a_new_consent_and_a_new_site(coordinator: Program, session: Session) -> None:
    signed = sent(coordinator, "consents", {"document": "2.0", "given_on": TODAY})
    assert (signed["document"], signed["given_on"]) == ("2.0", TODAY)
    sent(coordinator, "consents", {"document": "2.0", "given_on": TODAY}, 409)
    assert sent(coordinator, "transfers", {"site": "02", "reason": "she moved to Bergen"}, 200)["site"] == "02"
    assert her(session).site.code == "02"


def test_whoever_works_at_one_site_sends_nobody_to_another(program: Programs, session: Session) -> None:
    own = program(Role.COORDINATOR, at_site="01")
    assert "site" in sent(own, "transfers", {"site": "02", "reason": "she moved to Bergen"}, 400)["errors"]
    elsewhere = program(Role.COORDINATOR, at_site="02")
    sent(elsewhere, "withdrawals", {"grade": "died", "reason": "x"}, 404)
    assert her(session).site.code == "01"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("withdraw", "--grade", "no more questionnaires"), "01-010: no more questionnaires, from 2026-04-07 on."),
        (("withdraw", "--grade", "no texts", "--on", TOMORROW), "Until then it can be undone"),
        (("undo-withdrawal",), "Nothing of 01-010 is to come."),
        (("consent", "--document", "2.0", "--on", TODAY), "01-010 signed 2.0 on 2026-04-07."),
        (("transfer", "02"), "01-010 goes on at site 02; it was 01."),
        (("transfer", "99"), "has no site 99"),
        (("withdraw", "--grade", "died", "--on", TOMORROW), "This day lies in the future."),
    ],
)
def test_the_shell_does_the_same(app: Flask, coordinator: Program, arguments: tuple[str, ...], said: str) -> None:
    act, *more = arguments
    options = [word for word in more if word != "02" and word != "99"]
    site = [word for word in more if word in ("02", "99")]
    with moved_clock(lambda: NOW):
        done = command(app, "participants", act, "backtobasic", "01-010", *site, *options, "--reason", "she said so")
    assert said in done.output


def test_at_the_shell_too_what_is_to_come_is_undone(app: Flask, coordinator: Program, session: Session) -> None:
    with moved_clock(lambda: NOW):
        for act, *more in (("withdraw", "--grade", "no texts", "--on", TOMORROW), ("undo-withdrawal",)):
            done = command(app, "participants", act, "backtobasic", "01-010", *more, "--reason", "she said so")
            assert done.exit_code == 0, done.output
    assert done.output == "01-010 stays.\n"
    assert her(session).left_as is None
