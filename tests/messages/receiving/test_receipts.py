"""Delivery reports: signed or refused, stored once, applied in any order to the same end."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import permutations
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.clock import tick
from app.config import Settings
from app.messages.gateways.gateway import TAG, tag_of
from app.messages.gateways.sandbox import Report, SandboxGateway
from app.messages.gateways.twilio import sign
from app.messages.models import Message, MessageState, Receipt
from app.messages.receiving.receipts import Told, apply_receipts, project, store
from app.participants.models import Task
from tests.fake_twilio.callbacks import post as fake_post
from tests.messages.people import INVITED, minutes, weekly


@pytest.fixture
def message(session: Session, gateway: SandboxGateway) -> Message:
    """A text that the sandbox has taken."""
    weekly(1)
    tick(gateway, INVITED)
    return session.scalars(select(Message)).one()


def post(client: FlaskClient, report: Report) -> int:
    return client.post(report.path, data=report.form, headers=report.headers).status_code


def test_a_report_moves_the_message(
    message: Message, session: Session, gateway: SandboxGateway, client: FlaskClient
) -> None:
    assert message.state is MessageState.ACCEPTED
    assert [post(client, report) for report in gateway.reports()] == [204]
    tick(gateway, INVITED + minutes(1))
    session.refresh(message)
    assert (message.state, message.error_code) == (MessageState.DELIVERED, None)


def test_an_unreachable_handset_fails_and_makes_a_task(
    message: Message, session: Session, gateway: SandboxGateway, client: FlaskClient
) -> None:
    for report in gateway.reports(undeliverable=lambda number: number == "+4740000001"):
        post(client, report)
    tick(gateway, INVITED + minutes(1))
    session.refresh(message)
    assert (message.state, message.error_code) == (MessageState.FAILED, "30003")
    assert session.scalars(select(Task.note)).all() == ["A text was not delivered (code 30003)."]


def test_f11_callbacks_in_any_order_come_to_the_same_end() -> None:
    reports = [Told("SM1", status, None, INVITED) for status in ("queued", "sent", "delivered", "undelivered")]
    for order in permutations(reports):
        state = MessageState.ACCEPTED
        for count in range(1, 5):
            made = project(state, "SM1", order[:count])
            state = made.state if made else state
        assert state is MessageState.DELIVERED


@pytest.mark.parametrize("order", list(permutations([("failed", None), ("undelivered", "30005"), ("sent", None)])))
def test_f11_the_reason_of_a_failure_is_known_whenever_it_comes(
    message: Message, session: Session, gateway: SandboxGateway, order: list[tuple[str, str | None]]
) -> None:
    for number, (status, code) in enumerate(order):
        form = {"MessageSid": message.sid or "", "MessageStatus": status} | ({"ErrorCode": code} if code else {})
        store(message.id, form, INVITED)
        session.commit()
        tick(gateway, INVITED + minutes(number))
    session.refresh(message)
    assert (message.state, message.error_code) == (MessageState.FAILED, "30005")
    assert message.participant.contact.unusable_because == "number not in use"


def test_f11_when_it_was_settled_does_not_depend_on_the_order_of_reading(
    session: Session, gateway: SandboxGateway
) -> None:
    """Each of four reports has its own minute; 24 people, one order each, read one by one."""
    statuses, orders = ("sent", "read", "delivered", "undelivered"), list(permutations(range(4)))
    weekly(len(orders))
    tick(gateway, INVITED)
    texts = session.execute(select(Message.id, Message.sid).order_by(Message.id)).all()
    for step in range(4):
        for (message_id, sid), order in zip(texts, orders, strict=True):
            minute = order[step]
            store(message_id, {"MessageSid": sid or "", "MessageStatus": statuses[minute]}, INVITED + minutes(minute))
        apply_receipts(gateway, INVITED + minutes(10))
        session.commit()
    ends = session.execute(select(Message.state, Message.settled_at, Message.sent_at).distinct()).all()
    assert ends == [(MessageState.DELIVERED, INVITED + minutes(1), INVITED)]


def test_of_two_texts_that_failed_the_one_we_know_of_says_why() -> None:
    """The first may have been refused after STOP, before START: that must not be heard again."""
    reports = [Told("SMz", "failed", "21610", INVITED), Told("SMa", "failed", "30003", INVITED)]
    made = project(MessageState.ACCEPTED, "SMa", reports)
    assert made is not None
    assert (made.sid, made.error_code) == ("SMa", "30003")


def test_f11_each_callback_is_stored(
    message: Message, session: Session, gateway: SandboxGateway, client: FlaskClient
) -> None:
    (report,) = gateway.reports()
    for status in ("delivered", "sent", "queued", "sent", "delivered"):
        form = report.form | {"MessageStatus": status}
        signature = sign(f"http://localhost{report.path}", form, "token-of-the-tests")
        assert post(client, Report(report.message_id, report.path, form, {"X-Twilio-Signature": signature})) == 204
    assert session.scalar(select(func.count()).select_from(Receipt)) == 3
    tick(gateway, INVITED + minutes(1))
    session.refresh(message)
    assert message.state is MessageState.DELIVERED


def test_f12_the_same_callback_five_times_at_once_is_one_event(
    message: Message, session: Session, gateway: SandboxGateway, app: Flask
) -> None:
    report = gateway.reports()[0]
    with ThreadPoolExecutor(5) as pool:
        statuses = list(pool.map(lambda _: post(app.test_client(), report), range(5)))
    assert statuses == [204] * 5
    assert session.scalar(select(func.count()).select_from(Receipt)) == 1


@pytest.mark.parametrize("signature", [None, "", "short", "dGhpcyBpcyBub3QgYSBzaWduYXR1cmU="])
def test_f13_a_callback_with_a_wrong_missing_or_short_signature_is_refused(
    message: Message, session: Session, gateway: SandboxGateway, client: FlaskClient, signature: str | None
) -> None:
    report = gateway.reports()[0]
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    assert client.post(report.path, data=report.form, headers=headers).status_code == 403
    assert session.scalar(select(func.count()).select_from(Receipt)) == 0


@pytest.mark.parametrize("change", [{"To": "+4740009999"}, {"Extra": "1"}, {"MessageStatus": "failed"}])
def test_f14_a_signed_callback_that_was_changed_is_refused(
    message: Message, gateway: SandboxGateway, client: FlaskClient, change: dict[str, str]
) -> None:
    report = gateway.reports()[0]
    assert client.post(report.path, data=report.form | change, headers=report.headers).status_code == 403


def test_f15_a_valid_callback_for_an_unknown_message_is_an_orphan(
    message: Message, session: Session, gateway: SandboxGateway, client: FlaskClient
) -> None:
    form = {"MessageSid": "SM9", "MessageStatus": "sent"}
    signature = sign("http://localhost/webhooks/twilio/status/999", form, "token-of-the-tests")
    headers = {"X-Twilio-Signature": signature}
    assert client.post("/webhooks/twilio/status/999", data=form, headers=headers).status_code == 204
    tick(gateway, INVITED + minutes(1))
    assert session.scalars(select(Receipt.message_id)).all() == [None]


def test_f15_more_than_three_orphans_in_a_day_raise_one_alert(
    message: Message, session: Session, gateway: SandboxGateway, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "svar.alert"):
        for number in range(1, 7):
            form = {"MessageSid": f"SM{number}", "MessageStatus": "sent"}
            assert fake_post(client, "/webhooks/twilio/status/999", form) == 204
            tick(gateway, INVITED + minutes(number))
    assert [record.getMessage().split(" in a day")[0] for record in caplog.records] == ["4 delivery reports"]


def test_the_signature_is_of_the_public_address_and_of_either_token(
    app: Flask, message: Message, gateway: SandboxGateway, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind a proxy the request knows itself by another name, and while tokens are changed there are two."""
    settings: Settings = app.extensions["settings"]
    chosen = replace(settings, public_base_url="https://svar.example.org", twilio_auth_tokens=("old", "new"))
    monkeypatch.setitem(app.extensions, "settings", chosen)
    path, form = gateway.reports()[0].path, {"MessageSid": "SM1", "MessageStatus": "sent"}

    def status_of(address: str, token: str) -> int:
        return post(client, Report(0, path, form, {"X-Twilio-Signature": sign(address + path, form, token)}))

    assert [status_of("https://svar.example.org", token) for token in ("old", "new")] == [204, 204]
    assert [status_of(address, "new") for address in ("http://svar.example.org", "http://localhost")] == [403, 403]
    assert status_of("https://svar.example.org", "older") == 403


def test_reports_keep_neither_numbers_nor_words(
    message: Message, session: Session, gateway: SandboxGateway, client: FlaskClient
) -> None:
    post(client, gateway.reports()[0])
    (raw,) = session.scalars(select(Receipt.raw)).all()
    assert set(raw) == {"MessageSid", "MessageStatus"}


@pytest.fixture
def addressed(message: Message, gateway: SandboxGateway) -> Report:
    return gateway.reports()[0]


def reported(client: FlaskClient, session: Session, path: str, sid: str) -> int | None:
    """The message that a signed report to this address is of."""
    assert fake_post(client, path, {"MessageSid": sid, "MessageStatus": "delivered"}) == 204
    session.rollback()
    return session.scalars(select(Receipt.message_id).order_by(Receipt.id.desc())).first()


def test_the_address_of_a_report_has_a_tag_of_message_and_participant(message: Message, addressed: Report) -> None:
    tag = tag_of(message.participant.mark, message.dedupe_key)
    assert addressed.path == f"/webhooks/twilio/status/{message.id}/{tag}"
    assert len(tag) == TAG == 16


@pytest.mark.parametrize("anew", ["participant", "message", "neither"])
def test_f39_a_report_from_before_a_restore_is_of_nobody_who_has_its_numbers_now(
    message: Message, session: Session, client: FlaskClient, addressed: Report, anew: str
) -> None:
    if anew == "participant":
        message.participant.mark = uuid4()
    elif anew == "message":
        message.dedupe_key = "assessment:7:reminder-1"
    session.commit()
    reported_id = reported(client, session, addressed.path, "SM1")
    assert reported_id == (message.id if anew == "neither" else None)


@pytest.mark.parametrize(
    ("sid", "reported_sid", "is_ours"),
    [("SM1", "SM1", True), ("SM1", "SM2", False), (None, "SM1", False)],
)
def test_a_report_to_an_address_without_a_tag_is_of_the_text_with_its_sid(
    message: Message, session: Session, client: FlaskClient, sid: str | None, reported_sid: str, is_ours: bool
) -> None:
    message.sid = sid
    session.commit()
    reported_id = reported(client, session, f"/webhooks/twilio/status/{message.id}", reported_sid)
    assert (reported_id == message.id) is is_ours


@pytest.mark.parametrize("tag", ["0" * TAG, "x", "x" * 200])
def test_a_wrong_tag_is_of_no_message_even_with_its_sid(
    message: Message, session: Session, client: FlaskClient, tag: str
) -> None:
    assert reported(client, session, f"/webhooks/twilio/status/{message.id}/{tag}", message.sid or "") is None
