"""A copy of a passkey is noticed by its count, also when it answers in the same moment; and one that is taken away."""

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts.models import WebAuthn
from app.accounts.passkeys import count_up
from app.web.staff import guessing
from tests.factories import visitor
from tests.web.staff.authenticator import Authenticator
from tests.web.staff.second_factor import OF_THE_LIBRARY, is_in, kari
from tests.web.staff.test_passkeys import come_in, make, passkey
from tests.web.staff.test_signing_in import token

__all__ = ["kari", "passkey"]
pytestmark = pytest.mark.filterwarnings(OF_THE_LIBRARY)


@pytest.mark.parametrize(
    ("before", "count", "is_newest"),
    [(5, 6, True), (5, 99, True), (5, 5, False), (5, 4, False), (5, 0, False), (0, 1, True), (0, 0, True)],
)
def test_a_count_that_is_not_higher_is_a_copys(
    passkey: Authenticator, session: Session, before: int, count: int, is_newest: bool
) -> None:
    session.execute(update(WebAuthn).values(sign_count=before))
    kept = session.scalars(select(WebAuthn.id)).one()
    assert count_up(kept, count) is is_newest
    session.expire_all()
    assert session.scalars(select(WebAuthn.sign_count)).one() == (count if is_newest else before)


def test_a_copy_that_answers_in_the_same_moment_opens_nothing(
    app: Flask, passkey: Authenticator, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other answer is counted after this one was found right, and before it is counted."""

    def counted_meanwhile(_: str) -> None:
        session.execute(update(WebAuthn).values(sign_count=passkey.count))
        session.commit()

    monkeypatch.setattr(guessing, "passkey_was_right", counted_meanwhile)
    client = visitor(app)
    come_in(client, passkey)
    assert not is_in(client)


def test_with_a_passkey_that_is_taken_away_go_the_other_sessions(app: Flask, passkey: Authenticator) -> None:
    lost, hers = visitor(app), visitor(app)
    come_in(lost, passkey)
    come_in(hers, passkey)
    make(hers, Authenticator(), "tablet")
    assert is_in(lost), "a new one ends nothing"
    hers.post("/wan-delete", data={"name": "telephone", "csrf_token": token(hers.get("/wan-register"))})
    assert (is_in(lost), is_in(hers)) == (False, True)
