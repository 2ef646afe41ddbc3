"""What every gateway keeps, whoever carries the text. A new one is named in CARRIERS, and nothing else is done."""

import logging
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import tick
from app.config import Settings
from app.messages.gateways.choice import gateway_for
from app.messages.gateways.gateway import Mail, Outgoing, tag_of
from app.messages.gateways.outcomes import Outcome
from app.messages.models import Message, MessageState, Receipt
from app.schedule.models import Assessment
from tests.messages.books import GIVEN_UP, closed, states
from tests.messages.gateways.conformance.carriers import ADDRESS, CARRIERS, NUMBER, Carrier
from tests.messages.people import INVITED, minutes

WORDS = "Hei. Svar her: http://localhost/a/secretsecretsecret"
MAIL = Mail(
    "Oslo", "Noen spørsmål", "Ikke flere: http://localhost/e/wayoutwayout", "http://localhost/e/wayoutwayout", "nb"
)
TEXT = Outgoing(0, NUMBER, WORDS, tag="0" * 16)
FAULTS = {
    "busy": Outcome.BUSY,
    "refused": Outcome.REFUSED,
    "barred": Outcome.BARRED,
    "halted": Outcome.HALTED,
    "broken before": Outcome.UNKNOWN,
    "broken after": Outcome.UNKNOWN,
    "dropped after": Outcome.UNKNOWN,
    "nonsense": Outcome.UNKNOWN,
    "no id": Outcome.UNKNOWN,
}
RANG_ALL_THE_SAME = ("broken after", "dropped after", "nonsense", "no id")
LISTING = ["twilio", "46elks"]
"""Those whose provider lists what it took, and says by itself what became of it."""
NETWORKED = [*LISTING, "email"]
FAULTY = [(name, fault) for name in NETWORKED for fault in FAULTS if fault in CARRIERS[name].faults]

every = pytest.mark.parametrize("name", list(CARRIERS))
told_apart = pytest.mark.parametrize("name", [*LISTING, "sandbox"])
listing = pytest.mark.parametrize("name", LISTING)
networked = pytest.mark.parametrize("name", NETWORKED)
faulty = pytest.mark.parametrize(("name", "fault"), FAULTY)


@told_apart
def test_the_settings_choose_it_and_it_says_what_it_is(session: Session, carrier: Carrier, name: str) -> None:
    chosen = gateway_for(carrier.made)
    assert (type(chosen), chosen.name, chosen.real) == (type(carrier.gateway), name, name != "sandbox")
    assert chosen.base == carrier.made.public_base_url


@every
def test_a_text_that_is_taken_rings_once_and_has_an_id_of_its_own(session: Session, carrier: Carrier) -> None:
    sent = [carrier.gateway.send(replace(_to(carrier), tag=tag * 16), INVITED) for tag in "01"]
    assert [attempt.outcome for attempt in sent] == [Outcome.ACCEPTED] * 2
    assert len({attempt.sid for attempt in sent} - {None, ""}) == 2
    assert carrier.rang() == [(_to(carrier).to, WORDS)] * 2


@faulty
def test_what_a_fault_means_is_the_same_for_every_provider(session: Session, carrier: Carrier, fault: str) -> None:
    carrier.script(fault)
    sent = carrier.gateway.send(_to(carrier), INVITED)
    assert (sent.outcome, sent.sid) == (FAULTS[fault], None)
    assert sent.retry_after == (7.0 if fault == "busy" and carrier.gateway.name in LISTING else None)
    assert len(carrier.rang()) == (1 if fault in RANG_ALL_THE_SAME else 0)


@networked
def test_a_provider_that_is_not_there_has_taken_nothing(session: Session, carrier: Carrier) -> None:
    carrier.close()
    assert carrier.gateway.send(_to(carrier), INVITED).outcome is Outcome.UNREACHABLE


@faulty
def test_no_fault_tells_the_log_who_was_texted_what(
    session: Session, carrier: Carrier, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    carrier.script(fault)
    text = _to(carrier)
    said = repr(carrier.gateway.send(text, INVITED)) + repr(text) + repr(carrier.made) + caplog.text
    secrets = (NUMBER, NUMBER[1:], ADDRESS, "secretsecret", "wayout", "password-of", "token-of", "secret_of")
    assert [secret for secret in secrets if secret in said] == []


@told_apart
def test_what_was_taken_is_listed_by_its_number_and_nobody_elses(session: Session, carrier: Carrier) -> None:
    carrier.stand_at(INVITED)
    sent = carrier.gateway.send(TEXT, INVITED)
    for _ in range(3):
        carrier.gateway.send(replace(TEXT, to="+4740000002"), INVITED)
    listed = carrier.gateway.find(NUMBER, INVITED)
    assert [(text.sid, text.body, text.at) for text in listed] == [(sent.sid, TEXT.body, INVITED)]
    assert carrier.gateway.find(NUMBER, INVITED + minutes(5)) == []


@listing
def test_it_knows_what_became_of_a_text_and_nothing_of_others(session: Session, carrier: Carrier) -> None:
    sent = carrier.gateway.send(TEXT, INVITED)
    look = carrier.gateway.look(sent.sid or "")
    assert look is not None
    assert (look.sid, look.status) == (sent.sid, "queued")
    assert carrier.gateway.look("SM" + "0" * 32) is None


@every
def test_taking_words_out_of_the_log_twice_is_as_good_as_once(session: Session, carrier: Carrier) -> None:
    sent = carrier.gateway.send(_to(carrier), INVITED)
    carrier.gateway.redact(sent.sid or "")
    taken_out = carrier.rang()
    for sid in (sent.sid or "", "SM" + "0" * 32):
        carrier.gateway.redact(sid)
    assert carrier.rang() == taken_out
    assert len(taken_out) == 1, "the text itself stays in the log"


@told_apart
def test_reports_in_any_order_and_number_end_in_the_same(
    session: Session, assessment: Assessment, carrier: Carrier, client: FlaskClient
) -> None:
    carrier.stand_at(INVITED)
    tick(carrier.gateway, INVITED)
    text, sid = _of(session)
    statuses = [carrier.report(client, text, sid, status) for status in ("delivered", "sent", "delivered", "sent")]
    assert statuses == [204] * 4
    tick(carrier.gateway, INVITED + minutes(1))
    assert states(session) == [MessageState.DELIVERED]
    assert len(session.scalars(select(Receipt.id)).all()) == 2
    assert len(carrier.rang()) == 1


@told_apart
def test_who_cannot_prove_to_be_the_provider_reports_nothing(
    session: Session, assessment: Assessment, carrier: Carrier, client: FlaskClient
) -> None:
    tick(carrier.gateway, INVITED)
    text, sid = _of(session)
    assert carrier.report(client, text, sid, "failed", proof=False) == 403
    assert carrier.report(client, replace(text, tag="0" * 16), "SM" + "1" * 32, "failed") == 204
    tick(carrier.gateway, INVITED + minutes(1))
    assert states(session) == [MessageState.ACCEPTED]
    assert session.scalars(select(Receipt.message_id)).all() == [None], "a report of another life is an orphan"


@told_apart
def test_a_text_that_could_not_be_delivered_fails_and_the_books_close(
    session: Session, assessment: Assessment, carrier: Carrier, client: FlaskClient
) -> None:
    tick(carrier.gateway, INVITED)
    carrier.report(client, *_of(session), "failed")
    tick(carrier.gateway, INVITED + minutes(1))
    assert states(session) == [MessageState.FAILED]
    assert closed(session, INVITED + minutes(20))


@listing
@pytest.mark.parametrize("fault", ["broken after", "dropped after", "nonsense", "no id"])
def test_what_rang_without_an_answer_is_found_and_never_sent_again(
    session: Session, assessment: Assessment, carrier: Carrier, fault: str
) -> None:
    carrier.stand_at(INVITED)
    carrier.script(fault)
    for count in range(0, 20, 2):
        tick(carrier.gateway, INVITED + minutes(count))
    assert (states(session), len(carrier.rang())) == ([MessageState.ACCEPTED], 1)
    assert closed(session, INVITED + minutes(20))


@listing
def test_an_invitation_without_a_trace_is_sent_once_more_and_says_so(
    session: Session, assessment: Assessment, carrier: Carrier
) -> None:
    carrier.script("broken before")
    carrier.stand_at(GIVEN_UP)
    for count in range(0, 40, 2):
        tick(carrier.gateway, INVITED + minutes(count))
    assert (states(session), len(carrier.rang())) == ([MessageState.ACCEPTED], 1)
    assert session.scalars(select(Message.possible_duplicate)).all() == [True]


def _to(carrier: Carrier) -> Outgoing:
    """The text, or the mail, to somebody whom this gateway reaches."""
    return replace(TEXT, to=ADDRESS, mail=MAIL) if carrier.gateway.name == "email" else TEXT


def _of(session: Session) -> tuple[Outgoing, str]:
    """The one text as the gateway had it, and the provider's id of it."""
    session.expire_all()
    message = session.scalars(select(Message)).one()
    tag = tag_of(message.participant.mark, message.dedupe_key)
    return Outgoing(message.id, NUMBER, "", tag=tag), message.sid or ""


def test_every_provider_that_settings_can_name_is_asked_all_this(settings: Settings) -> None:
    from app.core.usable_settings import STAND_IN_OF

    assert {*STAND_IN_OF, "sandbox", "email"} == set(CARRIERS)
    assert set(LISTING) == set(STAND_IN_OF)
