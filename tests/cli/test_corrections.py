"""`flask corrections`: asked and closed as somebody who may, never signed; and every signature is looked at."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.roles import Role
from app.responses.answering import submit
from app.responses.corrections import approve
from app.responses.models import Correction, Response
from tests.factories import command, user
from tests.responses.visits import INFUSION, answers_to, participant, visit

D154 = INFUSION + timedelta(days=154)
WHY = ("--reason", "She chose the line above.", "--source", "Note of 4 August")


@pytest.fixture
def response(session: Session) -> Response:
    d154 = visit(participant(), "d154")
    given = submit(d154, answers_to(d154), D154, language="en")
    session.commit()
    return given


def member(response: Response, session: Session, role: Role = Role.COORDINATOR, site: str = "01") -> User:
    someone = user(response.assessment.participant.study, role, site)
    session.commit()
    return someone


def query(session: Session) -> Correction:
    return session.scalars(select(Correction).execution_options(populate_existing=True)).one()


def test_a_query_is_asked_listed_and_closed(app: Flask, session: Session, response: Response) -> None:
    email = member(response, session).email
    output = command(
        app, "corrections", "ask", "backtobasic", "01-001", "d154", "odi.lifting", "4", "--as", email, *WHY
    )
    line = f"{query(session).id:>6}  01-001     d154     open      odi.lifting: 0 -> 4\n"
    assert (output.exit_code, output.output) == (0, line)
    listed = command(app, "corrections", "list", "backtobasic", "--as", email)
    assert listed.output == f"{line}backtobasic: 1 open.\n"
    number = str(query(session).id)
    closed = command(app, "corrections", "close", "backtobasic", number, "--as", email, "--reason", "Asked twice.")
    assert (closed.exit_code, query(session).outcome) == (0, "closed")
    assert command(app, "corrections", "list", "backtobasic", "--as", email).output == "backtobasic: 0 open.\n"
    everything = command(app, "corrections", "list", "backtobasic", "--as", email, "--all")
    assert everything.output.splitlines()[-1] == "backtobasic: 1 in all."


def test_a_voiding_is_asked(app: Flask, session: Session, response: Response) -> None:
    email = member(response, session).email
    output = command(app, "corrections", "void", "backtobasic", "01-001", "d154", "--as", email, *WHY)
    assert output.output.endswith("  01-001     d154     open      void the response\n")


@pytest.mark.parametrize(
    ("role", "site", "sentence"),
    [
        (Role.STATISTICIAN, "01", "Your role in backtobasic does not include: request corrections."),
        (Role.COORDINATOR, "02", "There is no response to this visit at your sites."),
    ],
)
def test_who_may_not_is_told_so(
    app: Flask, session: Session, response: Response, role: Role, site: str, sentence: str
) -> None:
    email = member(response, session, role, site).email
    output = command(app, "corrections", "void", "backtobasic", "01-001", "d154", "--as", email, *WHY)
    assert (output.exit_code, output.output) == (1, f"Error: {sentence}\n")


def test_a_signature_that_fits_nothing_any_more_is_named(
    app: Flask, session: Session, response: Response, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = member(response, session).email
    command(app, "corrections", "ask", "backtobasic", "01-001", "d154", "odi.lifting", "4", "--as", email, *WHY)
    approve(query(session), member(response, session, Role.INVESTIGATOR), D154)
    session.commit()
    fine = command(app, "corrections", "verify")
    assert (fine.exit_code, fine.output) == (0, "1 signatures, and each fits what was signed.\n")
    monkeypatch.setattr("app.responses.signatures.signature", lambda correction: "0" * 64)
    wrong = command(app, "corrections", "verify")
    assert (wrong.exit_code, f"Not what was signed: correction {query(session).id}." in wrong.output) == (1, True)


def test_no_command_signs(app: Flask) -> None:
    output = command(app, "corrections", "--help").output
    assert [name for name in ("approve", "refuse", "sign") if f"\n  {name}" in output] == []
