"""The stand-in for the provider: the service speaks to it as to Twilio, people read and write, and nothing rings."""

import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
import requests
from flask import Flask
from requests.auth import HTTPBasicAuth
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from app import clock, create_app
from app.cli.stand_in import place
from app.config import Settings, settings_of
from app.core.problems import Conflict
from app.core.time import moved_clock
from app.messages.gateways.gateway import Outgoing, ProviderAccount
from app.messages.gateways.twilio import TwilioGateway
from app.messages.models import Message, MessageState
from app.messages.monitoring import heartbeats, holding
from app.rehearsal.stand_in.provider import MOST_TEXTS_LISTED, SENDER, StandIn
from app.rehearsal.stand_in.texts import MOST_TEXTS, KeptTexts, TakenText
from tests import conftest
from tests.factories import command, put_away
from tests.messages.people import INVITED, enrolled, minutes, only

JOBS = {job.name: job for job in (*clock.JOBS, *clock.SLOW_JOBS)}
HER = "+4740000001"
SERVICE = "MG" + "56ef" * 8


def listening() -> tuple[socket.socket, str]:
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    door.listen()
    return door, f"http://127.0.0.1:{door.getsockname()[1]}"


class Serving:
    """An application behind a real socket."""

    def __init__(self, app: Flask, door: socket.socket) -> None:
        self._server, self._door = make_server("127.0.0.1", 0, app, threaded=True, fd=door.fileno()), door
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()
        self._door.close()


@pytest.fixture
def installation(session: Session, settings: Settings) -> Iterator[tuple[Flask, StandIn]]:
    """A test installation and its stand-in, each at an address; somebody's text is due."""
    only(enrolled(), "d7")
    heartbeats.beat(holding.REMEMBERING, INVITED)
    holding.remember(settings.instance, INVITED)
    session.commit()
    (door, address), (provider_door, provider_address) = listening(), listening()
    marked = replace(
        settings, gateway="twilio", test_installation=True, public_base_url=address, twilio_base_url=provider_address
    )
    app, stand_in = conftest.testing(create_app(marked)), StandIn(marked, lambda: INVITED)
    serving = [Serving(app, door), Serving(stand_in, provider_door)]
    yield app, stand_in
    stand_in.reporter.close()
    for each in serving:
        each.close()
    put_away(app)


def round_at(app: Flask, after: float, *jobs: str) -> list[bool]:
    with moved_clock(lambda: INVITED + minutes(after)), app.app_context():
        return [clock.take_turn(JOBS[name], TwilioGateway(settings_of(app))) for name in jobs]


def known_as(settings: Settings) -> HTTPBasicAuth:
    return HTTPBasicAuth(settings.twilio_account_sid, settings.twilio_auth_tokens[0])


def test_a_text_is_taken_reported_read_and_answered_and_a_stop_is_heard(
    session: Session, installation: tuple[Flask, StandIn]
) -> None:
    app, stand_in = installation
    her_telephone = f"{stand_in.settings.twilio_base_url}/telephones/{HER}"
    assert all(round_at(app, 0, "plan", "queue", "deliver"))
    stand_in.reporter._thread.submit(int).result(5)
    assert all(round_at(app, 1, "receipts"))
    assert session.scalars(select(Message.state)).all() == [MessageState.DELIVERED]
    page = requests.get(her_telephone, auth=known_as(stand_in.settings), timeout=5).text
    (link,) = re.findall('href="(http[^"]+)"', page)
    with moved_clock(lambda: INVITED + minutes(1)):
        assert requests.get(link, timeout=5).status_code == 200
    answer = requests.post(her_telephone, {"words": "STOPP"}, auth=known_as(stand_in.settings), timeout=5)
    assert ("did not take it" in answer.text, "STOPP" in answer.text) == (False, True)
    assert all(round_at(app, 2, "hear", "deliver"))
    newest, *_ = stand_in.texts.newest_first()
    assert (newest.to, newest.inbound, newest.sid[:2]) == (HER, False, "SM"), "her STOP is confirmed"
    assert all(round_at(app, 3, "redact"))
    written = [text.body for text in stand_in.texts.newest_first() if text.inbound]
    assert written == [""], "and her words are taken out"


@pytest.fixture
def stand_in(worker_settings: Settings) -> Iterator[StandIn]:
    made = StandIn(replace(worker_settings, public_base_url="http://127.0.0.1:9"), lambda: INVITED)
    yield made
    made.reporter.close()


def asked_of(stand_in: StandIn, path: str, method: str = "GET", **options: Any) -> tuple[int, Any]:
    settings = stand_in.settings
    account = (settings.twilio_account_sid, settings.twilio_auth_tokens[0])
    answer = stand_in.test_client().open(path, method=method, auth=options.pop("auth", account), **options)
    return answer.status_code, answer.get_json(silent=True)


@pytest.mark.parametrize(
    "auth", [None, ("", ""), ("ACtests", "wrong"), ("ACtests", ""), ("ACother", "token"), ("ñ", "ñ")]
)
@pytest.mark.parametrize("path", ["/", "/telephones/", f"/telephones/{HER}", "/2010-04-01/Accounts/ACtests.json"])
def test_who_does_not_know_the_token_reads_nothing(stand_in: StandIn, auth: tuple[str, str] | None, path: str) -> None:
    status, problem = asked_of(stand_in, path, auth=auth)
    assert (status, problem["code"]) == (401, 20003)


@pytest.mark.parametrize(
    ("site", "status"), [(None, 302), ("same-origin", 302), ("cross-site", 403), ("same-site", 403)]
)
def test_no_other_page_writes_in_somebodys_name(stand_in: StandIn, site: str | None, status: int) -> None:
    headers = {"Sec-Fetch-Site": site} if site else {}
    assert asked_of(stand_in, f"/telephones/{HER}", "POST", data={"words": " "}, headers=headers)[0] == status


@pytest.mark.parametrize(
    ("form", "code"),
    [({"Body": "Hei"}, 21604), ({"To": HER}, 21602), ({"To": HER, "Body": "x" * 1601}, 21617)],
)
def test_what_is_no_text_is_refused_as_twilio_does(stand_in: StandIn, form: dict[str, str], code: int) -> None:
    status, problem = asked_of(stand_in, "/2010-04-01/Accounts/ACtests/Messages.json", "POST", data=form)
    assert (status, problem["code"], stand_in.texts.newest_first()) == (400, code, [])


def test_a_text_that_it_never_took_is_not_there(stand_in: StandIn) -> None:
    status, problem = asked_of(stand_in, "/2010-04-01/Accounts/ACtests/Messages/SM1.json")
    assert (status, problem["code"]) == (404, 20404)


@pytest.mark.parametrize("service", ["", SERVICE])
def test_the_check_of_an_installation_finds_account_sender_and_where_replies_go(
    worker_settings: Settings, service: str
) -> None:
    door, address = listening()
    settings = replace(worker_settings, twilio_base_url=address, twilio_messaging_service=service)
    made = StandIn(settings, lambda: INVITED)
    serving = Serving(made, door)
    gateway = TwilioGateway(settings)
    assert gateway.account() == ProviderAccount(
        "", has_sender=True, inbound=f"{settings.public_base_url}/webhooks/twilio/inbound"
    )
    sent = gateway.send(Outgoing(0, HER, "Hei"), INVITED)
    assert [text.sid for text in gateway.find(HER, INVITED)] == [sent.sid]
    assert (gateway.look(str(sent.sid)) is not None, gateway.look("SM" + "0" * 32)) == (True, None)
    assert [line.body for line in gateway.log(INVITED)] == ["Hei"]
    assert gateway.time() is not None
    made.reporter.close()
    serving.close()


def test_a_service_that_does_not_answer_is_told_of_and_the_text_is_shown(
    stand_in: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    assert asked_of(stand_in, f"/telephones/{HER}", "POST", data={"words": "HELP"})[0] == 302
    assert "http://127.0.0.1:9/webhooks/twilio/inbound does not answer (ConnectionError)" in caplog.text
    assert [text.body for text in stand_in.texts.newest_first()] == ["HELP"]


def test_of_very_many_texts_the_oldest_go_and_a_list_has_a_page() -> None:
    kept = KeptTexts()
    for number in range(MOST_TEXTS + 1):
        kept.keep(TakenText(f"SM{number}", HER, "", "", INVITED))
    assert (kept.find("SM0"), len(kept.newest_first())) == (None, MOST_TEXTS)
    assert MOST_TEXTS_LISTED < MOST_TEXTS


def test_words_of_a_text_are_shown_as_words(stand_in: StandIn) -> None:
    stand_in.texts.keep(TakenText("SM1", HER, "<script>alert(1)</script> http://a.example/x.", "", INVITED))
    client, settings = stand_in.test_client(), stand_in.settings
    account = (settings.twilio_account_sid, settings.twilio_auth_tokens[0])
    for path in ("/telephones/", f"/telephones/{HER}"):
        page = client.get(path, auth=account).text
        assert ("<script>alert" in page, "&lt;script&gt;alert" in page) == (False, True)
    assert '<a href="http://a.example/x">' in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"production": True, "twilio_base_url": "http://127.0.0.1:8099"}, "whose texts go to people"),
        ({"twilio_base_url": ""}, "Say in TWILIO_BASE_URL"),
        ({"twilio_base_url": "https://127.0.0.1:8099"}, "Say in TWILIO_BASE_URL"),
        ({"twilio_base_url": "http://127.0.0.1:8099/twilio"}, "Say in TWILIO_BASE_URL"),
    ],
)
def test_where_it_has_no_business_it_does_not_start(
    worker_settings: Settings, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Conflict, match=sentence):
        place(replace(worker_settings, **changes))


@pytest.mark.parametrize(
    ("address", "at"),
    [
        ("http://127.0.0.1:8099", ("127.0.0.1", 8099)),
        ("http://[::1]:81/", ("::1", 81)),
        ("http://stand-in", ("stand-in", 80)),
    ],
)
def test_it_listens_where_the_service_looks_for_it(
    worker_settings: Settings, address: str, at: tuple[str, int]
) -> None:
    marked = replace(worker_settings, production=True, test_installation=True, twilio_base_url=address)
    assert place(marked) == at


def test_a_place_that_is_taken_is_said_to_be(settings: Settings) -> None:
    door, address = listening()
    app = create_app(replace(settings, twilio_base_url=address))
    done = command(app, "ops", "stand-in")
    assert (done.exit_code, "where we cannot listen: Address already in use" in done.output) == (1, True)
    door.close()
    put_away(app)


def test_where_no_sender_is_named_texts_come_from_one(worker_settings: Settings) -> None:
    made = StandIn(replace(worker_settings, twilio_sender=""), lambda: INVITED)
    assert made.sender == SENDER
    made.reporter.close()
