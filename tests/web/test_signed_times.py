"""Two web machines, neither further from the database than it may be, take what the other has signed."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import SignatureExpired, TimestampSigner
from itsdangerous.timed import TimedSerializer

from app.accounts.models import User
from app.web.signed_times import NearTimeSigner
from tests.factories import visitor
from tests.web.patient.conftest import link, on_day_154
from tests.web.patient.pages import form
from tests.web.patient.test_identity import opened_with, with_pin
from tests.web.staff.second_factor import OF_THE_LIBRARY, is_in, kari
from tests.web.staff.test_signing_in import sign_in, token

__all__ = ["kari", "link", "on_day_154"]
pytestmark = pytest.mark.filterwarnings(OF_THE_LIBRARY)
NOW = 1_780_000_000
Machine = Callable[[int], None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The time of the machine that answers next: so many seconds from the right one."""

    def is_ahead(seconds: int) -> None:
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: NOW + seconds)

    return is_ahead


@pytest.mark.parametrize(
    ("signed", "read", "longest", "holds"),
    [
        (0, 0, 30, True),
        (0, 30, 30, True),
        (0, 31, 30, False),
        (1, 0, 30, True),
        (60, -60, 30, True),
        (61, -60, 30, False),
        (86_400, 0, 30, False),
        (86_400, 0, None, True),  # where nothing runs out, nothing did before either
    ],
)
@pytest.mark.parametrize("wants_time", [False, True])
def test_what_is_signed_a_little_later_than_now_holds(
    machine: Machine, signed: int, read: int, longest: int | None, holds: bool, wants_time: bool
) -> None:
    signer = NearTimeSigner("a secret", salt="of a test")
    machine(signed)
    given = signer.sign("said")
    machine(read)
    if not holds:
        with pytest.raises(SignatureExpired):
            signer.unsign(given, longest, wants_time)
        return
    value = signer.unsign(given, longest, wants_time)
    assert (value[0] if wants_time else value) == b"said"


def test_whatever_signs_with_its_time_reads_so(app: Flask) -> None:
    session = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    of_sign_in = [each for each in vars(app.extensions["security"]).values() if isinstance(each, TimedSerializer)]
    assert len(of_sign_in) >= 8
    assert {type(each.make_signer()) for each in (session, *of_sign_in)} == {NearTimeSigner}


def test_who_signed_in_at_one_machine_is_in_at_the_next_and_her_form_is_taken(
    app: Flask, machine: Machine, kari: User
) -> None:
    client = visitor(app)
    machine(60)
    sign_in(client)
    of_a_form = token(client.get("/account"))
    machine(-60)
    assert is_in(client)
    assert client.post("/logout", data={"csrf_token": of_a_form}).status_code == 302
    assert not is_in(client)


def test_who_has_said_who_she_is_to_one_machine_answers_at_the_next(
    app: Flask, client: FlaskClient, link: str, machine: Machine
) -> None:
    with_pin(app, "4711")
    machine(60)
    fields = form(app, _key=opened_with(client, link, _pin="4711"))
    machine(-60)
    assert client.post(link, data=fields).status_code == 303
