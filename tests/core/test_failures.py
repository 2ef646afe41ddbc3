"""What a log says of an error: which, where and PostgreSQL's code; never what it was about."""

import re

import pytest
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from app.core import failures
from app.core.statements import run
from app.messages import breaker


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ValueError("+4740000001"), "ValueError"),
        (errors.InsufficientPrivilege("x"), "InsufficientPrivilege 42501"),
        (ProgrammingError("SELECT", {}, errors.UndefinedTable("x")), "ProgrammingError 42P01"),
        (OperationalError("SELECT", {}, errors.LockNotAvailable("x")), "OperationalError 55P03"),
        (OperationalError("SELECT", {}, ConnectionError("x")), "OperationalError"),  # no server said anything
    ],
)
def test_an_error_is_told_by_its_kind_and_code(error: Exception, kind: str) -> None:
    assert failures.kind(error) == kind
    assert failures.sqlstate(error) == (kind.split()[1] if " " in kind else None)


def test_the_place_is_whoever_wanted_it_and_not_what_core_asks_with(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "_open", lambda: text("SELECT * FROM no_such_table"))
    with pytest.raises(DBAPIError) as caught:
        breaker.is_in_doubt("sandbox")
    assert re.fullmatch(r"breaker\.py:\d+", failures.place(caught.value))
    session.rollback()
    with pytest.raises(DBAPIError) as caught:
        run(text("SELECT * FROM no_such_table"))
    assert re.fullmatch(r"statements\.py:\d+", failures.place(caught.value)), "nobody else of ours wanted it"


def test_an_error_that_is_none_of_ours_has_its_own_place() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        1 / 0  # noqa: B018
    assert failures.place(caught.value).startswith("test_failures.py:")
    assert failures.place(ValueError()) == "nowhere"
