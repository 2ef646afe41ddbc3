"""46elks: its list read page by page, its account, and the secret that it shows in place of a signature."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli.ops_check import asked_account, provider
from app.clock import tick
from app.config import Settings
from app.messages.gateways.elks import USER, ElksGateway, NoAnswer, webhook_address
from app.messages.gateways.gateway import Outgoing
from app.messages.gateways.outcomes import Outcome
from app.messages.kinds import Meaning, MessageKind
from app.messages.models import Message, Reply
from app.messages.receiving import replies
from app.participants.models import Participant
from app.web.webhooks.proofs import shows_secret
from tests.fake_elks.server import SECRET, SENDER, ElksServer, ElksText
from tests.messages.gateways.conformance.carriers import OnElks, elks_settings, post, shown
from tests.messages.people import INVITED, minutes

INBOUND = "http://localhost/webhooks/46elks/inbound"
HOOK = f"http://46elks:{SECRET}@localhost/webhooks/46elks/inbound"


@pytest.fixture
def elks(settings: Settings) -> Iterator[OnElks]:
    carrier = OnElks(settings)
    yield carrier
    carrier.close()


@pytest.fixture
def ours(client: FlaskClient, elks: OnElks) -> Iterator[FlaskClient]:
    """A client of an application that sends through 46elks."""
    extensions = client.application.extensions
    kept, extensions["settings"] = extensions["settings"], elks.made
    yield client
    extensions["settings"] = kept


def test_its_log_is_read_to_the_last_page_oldest_first(elks: OnElks) -> None:
    written = ElksText("s1", "+4740000009", "STOPP", "", INVITED, inbound=True)
    elks.server.elks.log.append(written)
    for count in range(1, 6):
        elks.stand_at(INVITED + minutes(count))
        elks.gateway.send(Outgoing(0, f"+474000000{count}", f"Text {count}"), INVITED)
    logged = elks.gateway.log(INVITED + minutes(-5))
    assert [(line.number, line.body, line.inbound) for line in logged] == [
        ("+4740000009", "STOPP", True),
        *((f"+474000000{count}", f"Text {count}", False) for count in range(1, 6)),
    ]
    assert [line.at for line in elks.gateway.log(INVITED + minutes(4.5))] == [
        INVITED + minutes(4),
        INVITED + minutes(5),
    ]


def test_a_list_that_does_not_come_is_no_empty_list(elks: OnElks) -> None:
    elks.server.elks.lists = False
    for question in (lambda: elks.gateway.log(INVITED), lambda: elks.gateway.find(SENDER, INVITED)):
        with pytest.raises(NoAnswer, match="500"):
            question()
    with pytest.raises(NoAnswer):
        elks.gateway.look("s1")


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("[]", Outcome.UNKNOWN), ('"s1"', Outcome.UNKNOWN), ("null", Outcome.UNKNOWN), ("", Outcome.UNKNOWN),
        ('{"id": 5}', Outcome.UNKNOWN), ('{"id": ""}', Outcome.UNKNOWN), ('{"id": "../me"}', Outcome.UNKNOWN),
        ('{"id": "' + "s" * 65 + '"}', Outcome.UNKNOWN), ('{"id": "sé"}', Outcome.UNKNOWN),
        pytest.param("[" * 100_000, Outcome.UNKNOWN, id="deep"),
        ('{"id": "s1", "parts": "many"}', Outcome.ACCEPTED), ('{"id": "s1", "parts": -1}', Outcome.ACCEPTED),
    ],
)  # fmt: skip
def test_an_odd_answer_is_not_taken_for_a_yes(elks: OnElks, body: str, outcome: Outcome) -> None:
    elks.server.elks.script.append(f"odd:{body}")
    sent = elks.gateway.send(Outgoing(0, "+4740000001", "Hei"), INVITED)
    assert (sent.outcome, sent.segments) == (outcome, None)


@pytest.mark.parametrize(
    ("changes", "refused", "has_sender", "inbound"),
    [
        ({}, "", False, ""),
        ({"numbers": [{"number": "+46700000000", "sms_url": HOOK}]}, "", False, ""),
        ({"numbers": [{"number": SENDER, "sms_url": HOOK}]}, "", True, HOOK),
        ({"numbers": [{"number": SENDER}]}, "", True, ""),
        ({"account": {"balance": 0}}, "takes no texts", False, ""),
        ({"lists": False}, "answers 500", False, ""),
    ],
    ids=["no number", "another number", "as it should be", "nothing comes here", "no money", "no answer"],
)
def test_the_account_is_asked_for_money_sender_and_where_texts_go(
    elks: OnElks, changes: dict[str, object], refused: str, has_sender: bool, inbound: str
) -> None:
    assert changes.keys() <= vars(elks.server.elks).keys()
    for name, value in changes.items():
        setattr(elks.server.elks, name, value)
    account, wanted = asked_account(elks.made)
    assert account.refused.startswith(refused)
    assert (bool(account.refused), account.has_sender, account.inbound) == (bool(refused), has_sender, inbound)
    assert wanted == HOOK
    complaints = list(provider(elks.made))
    assert (complaints == []) == (inbound == HOOK)


def test_wrong_credentials_are_told_by_their_settings(settings: Settings) -> None:
    server = ElksServer()
    made = elks_settings(settings, server.address)
    refused = ElksGateway(replace(made, elks=replace(made.elks, password="wrong"))).account().refused
    server.close()
    assert refused == "does not take ELKS_USERNAME with ELKS_PASSWORD."
    assert ElksGateway(made).account().refused.startswith("does not answer: ConnectionError")


def test_a_stop_is_heard_once_and_confirmed_through_46elks(
    session: Session, participant: Participant, ours: FlaskClient, elks: OnElks
) -> None:
    form = {"id": "sf8425555", "from": "+4740000001", "to": SENDER, "message": "Stopp", "direction": "incoming"}
    for _ in range(2):
        answered = ours.post("/webhooks/46elks/inbound", data=form, headers=shown(SECRET))
        assert (answered.status_code, answered.data) == (204, b""), "its words would be sent as a text"
    tick(elks.gateway, INVITED)
    session.expire_all()
    assert participant.contact.opted_out_at is not None
    assert session.scalars(select(Message.kind).where(Message.sid.is_not(None))).all() == [MessageKind.STOP]
    assert len(session.scalars(select(Reply.id)).all()) == 1
    assert [text.number for text in elks.server.elks.log] == ["+4740000001"]


def test_words_that_it_cannot_forget_are_not_noted_as_taken_out(
    session: Session, participant: Participant, ours: FlaskClient, elks: OnElks
) -> None:
    post(ours, INBOUND, {"id": "s1", "from": "+4740000001", "message": str(Meaning.HELP)}, shown(SECRET))
    tick(elks.gateway, INVITED)
    assert replies.redact(elks.gateway, INVITED) == 0
    assert session.scalars(select(Reply.redacted_at)).all() == [None]


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("inbound", {"from": "+4740000001"}, 400), ("inbound", {"id": ""}, 400), ("status/1/x", {"id": "s1"}, 400),
        ("status/1/x", {"status": "sent"}, 400), ("status/1/x", {"id": "s1", "status": "odd"}, 204),
    ],
)  # fmt: skip
def test_what_is_incomplete_is_told_so(
    session: Session, ours: FlaskClient, path: str, form: dict[str, str], status: int
) -> None:
    assert post(ours, f"/webhooks/46elks/{path}", form, shown(SECRET)) == status


@pytest.mark.parametrize(
    ("authorization", "secret", "shows"),
    [
        (shown("s3cret")["Authorization"], "s3cret", True),
        (shown("s3cret")["Authorization"].replace("Basic", "basic"), "s3cret", True),
        (shown("s3cret ")["Authorization"], "s3cret", False),
        (shown("")["Authorization"], "", False),  # an installation with another provider has no secret
        ("", "s3cret", False),
        ("Basic", "s3cret", False),
        ("Basic !!!", "s3cret", False),
        ("Basic é", "s3cret", False),
        ("Bearer s3cret", "s3cret", False),
        ("Bearer " + base64.b64encode(b"46elks:s3cret").decode(), "s3cret", False),
        ("Basic " + base64.b64encode(b"other:s3cret").decode(), "s3cret", False),
    ],
)
def test_only_who_shows_the_whole_secret_is_46elks(authorization: str, secret: str, shows: bool) -> None:
    assert shows_secret(authorization, USER, secret) is shows


def test_the_secret_stands_in_the_address_before_the_host() -> None:
    address = webhook_address("https://svar.example.org:8443/webhooks/46elks/inbound", "s3cret")
    assert address == "https://46elks:s3cret@svar.example.org:8443/webhooks/46elks/inbound"


def test_where_words_are_to_be_discarded_none_are_kept(settings: Settings) -> None:
    carrier = OnElks(replace(settings, twilio_content_retention="discard"))
    carrier.gateway.send(Outgoing(0, "+4740000001", "Hei"), INVITED)
    (listed,) = carrier.gateway.find("+4740000001", INVITED - timedelta(days=1))
    carrier.close()
    assert listed.body == ""
