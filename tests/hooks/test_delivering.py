"""What happens is owed with the fact, leaves signed, is tried again, and given up with an alert."""

import base64
import hashlib
import hmac
import json
import logging
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.exports.models import Snapshot
from app.exports.nightly import export_snapshot
from app.hooks import delivering
from app.hooks.delivering import DELIVERY_LEASE, KEPT_FOR, WAITS, deliver_hooks, forget, wait_before
from app.hooks.models import OF_A_STUDY, DeliveryState, Hook, HookDelivery, HookEvent
from app.hooks.subscribing import go_on, ping, secret_of, subscribe
from app.messages.models import Message, MessageState
from app.participants.enrolment import withdraw
from app.participants.grades import LeavingGrade
from app.participants.leaving import leave
from app.participants.models import Participant
from app.studies.installing import site
from app.studies.models import Study
from tests.exports.builders import NAME, ODI, PHONE, answered, texted, visit
from tests.exports.conftest import NOW
from tests.hooks.conftest import LOOPBACK
from tests.hooks.receiver import Receiver

pytestmark = pytest.mark.usefixtures("tables_only")


def owed(session: Session) -> list[HookDelivery]:
    session.expire_all()
    return list(session.scalars(select(HookDelivery).order_by(HookDelivery.id)))


def person(session: Session, code: str) -> Participant:
    return session.scalars(select(Participant).filter_by(code=code)).one()


def submit(session: Session, code: str = "01-010", of_visit: str = "d35") -> None:
    answered(visit(person(session, code), of_visit), NOW, ODI)
    session.commit()


def deliver(session: Session, now: datetime) -> int:
    session.commit()
    return deliver_hooks(LOOPBACK, now)


def test_a_response_is_told_with_the_pseudonym_and_nothing_else_of_hers(
    session: Session, hook: Hook, receiver: Receiver
) -> None:
    secret, was = secret_of(hook), person(session, "01-010")
    submit(session)
    assert deliver(session, NOW) == 1
    (heard,) = receiver.heard
    sent = json.loads(heard.body)
    assert sent["type"] == "response.submitted"
    assert sent["data"] == {
        "study": "backtobasic", "site": "01", "participant": was.code, "practice": was.practice, "visit": "d35",
        "mode": "page", "submitted_at": "2026-04-07T09:00:00Z",
    }  # fmt: skip
    for words in (PHONE, PHONE[3:], NAME):
        assert words not in heard.body.decode()
    (row,) = owed(session)
    assert (heard.headers["webhook-id"], row.state) == (str(row.event_id), DeliveryState.DELIVERED)
    signed = f"{row.event_id}.{int(NOW.timestamp())}.".encode() + heard.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert heard.headers["webhook-signature"] == f"v1,{expected}"
    assert deliver(session, NOW + timedelta(days=9)) == 0


def test_a_withdrawal_an_export_and_a_failed_text_are_told(session: Session, hook: Hook, study: Study) -> None:
    leaving = person(session, "01-010")
    withdraw(leaving, "a reason that is hers", NOW)
    message = texted(visit(person(session, "01-002"), "d28"), MessageState.SENDING)
    session.flush()
    session.execute(
        update(Message).where(Message.id == message.id)
        .values(state=MessageState.FAILED, lease_until=None, error_code="30003")
    )  # fmt: skip
    made = export_snapshot(study, NOW)
    session.commit()
    payloads = {row.event: row.payload for row in owed(session)}
    practice = {"practice": leaving.practice}
    assert payloads == {
        HookEvent.PARTICIPANT_WITHDRAWN: {
            "study": "backtobasic", "site": "01", "participant": "01-010", **practice,
            "grade": "no more questionnaires", "withdrawn_at": "2026-04-07T09:00:00Z",
        },
        HookEvent.MESSAGE_FAILED: {
            "study": "backtobasic", "site": "01", "participant": "01-002", **practice, "visit": "d28",
            "kind": "invitation", "code": "30003", "owed_at": f"{message.owed_at:%Y-%m-%dT%H:%M:%SZ}",
        },
        HookEvent.EXPORT_READY: {
            "study": "backtobasic", "day": "2026-04-07", "as_of": "2026-04-07T09:00:00Z",
            "manifest_sha256": made.manifest_sha256,
        },
    }  # fmt: skip


def test_what_is_rolled_back_is_not_owed(session: Session, hook: Hook) -> None:
    answered(visit(person(session, "01-010"), "d35"), NOW, ODI)
    assert session.scalar(select(func.count(HookDelivery.id))) == 1
    session.rollback()
    assert owed(session) == []


def test_what_changes_nothing_that_others_are_told_of_is_not_told(session: Session, hook: Hook, study: Study) -> None:
    made = export_snapshot(study, NOW)
    session.commit()
    before = len(owed(session))
    made.as_of = NOW + timedelta(hours=1)
    leave(person(session, "01-010"), LeavingGrade.NO_TEXTS, None, "texts are too many", NOW)
    withdrawn = person(session, "01-003")
    withdrawn.language = "nn"
    session.execute(update(Message).values(segments=2))
    session.commit()
    assert len(owed(session)) == before


def test_an_export_that_is_made_anew_is_told_again(session: Session, hook: Hook, study: Study) -> None:
    session.add(Snapshot(study=study, day=date(2026, 4, 6), as_of=NOW, path="x", manifest_sha256="a" * 64))
    session.commit()
    session.execute(update(Snapshot).values(manifest_sha256="b" * 64))
    session.commit()
    assert [row.payload["manifest_sha256"][0] for row in owed(session)] == ["a", "b"]


@pytest.mark.parametrize("event", OF_A_STUDY)
def test_a_hook_hears_what_it_asked_for_alone(
    session: Session, study: Study, receiver: Receiver, event: HookEvent
) -> None:
    subscribe(study, None, receiver.url, [event], LOOPBACK, NOW)
    withdraw(person(session, "01-010"), "no reason given", NOW)
    answered(visit(person(session, "01-002"), "d35"), NOW, ODI)
    session.add(Snapshot(study=study, day=date(2026, 4, 6), as_of=NOW, path="x", manifest_sha256="a" * 64))
    session.flush()
    session.execute(text("UPDATE messages SET state = 'failed' WHERE id = (SELECT min(id) FROM messages)"))
    session.commit()
    assert [row.event for row in owed(session)] == [event]


def test_a_hook_of_a_site_hears_of_its_people_alone(session: Session, study: Study, receiver: Receiver) -> None:
    mine, _ = subscribe(study, site(study, "01"), receiver.url, OF_A_STUDY, LOOPBACK, NOW)
    subscribe(study, site(study, "02"), receiver.url, OF_A_STUDY, LOOPBACK, NOW)
    submit(session)
    session.add(Snapshot(study=study, day=date(2026, 4, 6), as_of=NOW, path="x", manifest_sha256="a" * 64))
    session.commit()
    assert [(row.hook_id, row.event) for row in owed(session)] == [(mine.id, HookEvent.RESPONSE_SUBMITTED)]


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (200, None),
        (202, None),
        (204, None),
        (299, None),
        (302, "answered 302: redirects are not followed"),
        (400, "answered 400"),
        (401, "answered 401"),
        (404, "answered 404"),
        (500, "answered 500"),
        (503, "answered 503"),
    ],
)
def test_only_an_answer_of_200_to_299_is_an_arrival(
    session: Session, hook: Hook, receiver: Receiver, status: int, failure: str | None
) -> None:
    receiver.answers = lambda _: (status, {"Location": "/x"} if status == 302 else {})
    submit(session)
    deliver(session, NOW)
    (row,) = owed(session)
    assert (row.status, row.failure) == (status, failure)
    assert row.state is (DeliveryState.DELIVERED if failure is None else DeliveryState.WAITING)
    assert row.not_before == (None if failure is None else NOW + WAITS[0])


def test_what_does_not_arrive_is_tried_again_ever_later_and_then_given_up_with_an_alert(
    session: Session, hook: Hook, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = lambda _: (500, {})
    submit(session)
    deliver(session, NOW)
    tries, row = [NOW], owed(session)[0]
    while row.not_before is not None:
        tries.append(row.not_before)
        assert deliver(session, tries[-1] - timedelta(seconds=1)) == 0
        assert deliver(session, tries[-1]) == 1
        (row,) = owed(session)
    bodies = {heard.body for heard in receiver.heard}
    ids = {heard.headers["webhook-id"] for heard in receiver.heard}
    assert (len(receiver.heard), len(bodies), len(ids)) == (len(WAITS) + 1, 1, 1)
    assert timedelta(days=3) < tries[-1] - NOW < timedelta(days=4)
    assert row.state is DeliveryState.GIVEN_UP
    (alerted,) = [record for record in caplog.records if record.name == "svar.alert"]
    assert (alerted.levelno, "given up after 10 tries: answered 500" in alerted.getMessage()) == (logging.ERROR, True)
    assert "127.0.0.1" not in alerted.getMessage()


@pytest.mark.parametrize(
    ("attempt", "retry_after", "minutes"),
    [
        (1, None, 1),
        (2, None, 5),
        (9, None, 1440),
        (10, None, None),
        (1, 30, 1),
        (1, 600, 10),
        (1, 9_999_999, 1440),
        (10, 60, None),
    ],
)
def test_how_long_it_waits(attempt: int, retry_after: int | None, minutes: int | None) -> None:
    assert wait_before(attempt, retry_after) == (None if minutes is None else timedelta(minutes=minutes))


def test_what_was_claimed_and_never_settled_is_sent_again_when_its_lease_is_over(
    session: Session, hook: Hook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(session)
    with monkeypatch.context() as dying:
        dying.setattr(delivering, "_settle", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            deliver(session, NOW)
    session.rollback()
    assert deliver(session, NOW + DELIVERY_LEASE - timedelta(seconds=1)) == 0
    assert deliver(session, NOW + DELIVERY_LEASE) == 1
    assert [heard.headers["webhook-attempt"] for heard in receiver.heard] == ["1", "2"]
    assert len({heard.headers["webhook-id"] for heard in receiver.heard}) == 1
    assert owed(session)[0].state is DeliveryState.DELIVERED


def test_nothing_is_open_in_the_database_while_the_network_is_used(
    session: Session, hook: Hook, receiver: Receiver
) -> None:
    open_then = []

    def look(_: object) -> tuple[int, dict[str, str]]:
        open_then.append(session.in_transaction())
        return 204, {}

    receiver.answers = look
    submit(session)
    deliver(session, NOW)
    assert open_then == [False]


def test_one_that_says_it_is_gone_is_paused_and_what_happens_is_kept(
    session: Session, hook: Hook, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.answers = lambda _: (410, {})
    submit(session)
    deliver(session, NOW)
    session.expire_all()
    assert hook.paused_because == "it answered 410: gone"
    assert "is gone, and is paused" in caplog.text
    submit(session, "01-002")
    assert deliver(session, NOW + timedelta(days=1)) == 0
    receiver.answers = lambda _: (204, {})
    go_on(hook)
    assert deliver(session, NOW + timedelta(days=1)) == 2
    assert [row.state for row in owed(session)] == [DeliveryState.DELIVERED] * 2


def test_one_that_is_slow_takes_no_more_than_its_share_of_a_round(
    session: Session, hook: Hook, study: Study, receiver: Receiver
) -> None:
    other, _ = subscribe(study, None, receiver.url, [HookEvent.EXPORT_READY], LOOPBACK, NOW)
    for _ in range(10):
        ping(hook)
    ping(other)
    session.commit()
    assert deliver(session, NOW) == 11
    first = {heard.headers["webhook-id"] for heard in receiver.heard[:5]}
    assert str(owed(session)[10].event_id) in first


def test_what_was_told_long_ago_is_forgotten_and_what_waits_is_not(session: Session, hook: Hook) -> None:
    rows = [ping(hook) for _ in range(3)]
    rows[0].delivered_at, rows[1].given_up_at = NOW - KEPT_FOR, NOW - KEPT_FOR - timedelta(seconds=1)
    session.commit()
    kept = [rows[0].id, rows[2].id]
    assert forget(NOW) == 1
    assert [row.id for row in owed(session)] == kept


def test_staff_of_another_site_do_not_see_what_was_told(session: Session, hook: Hook, study: Study) -> None:
    submit(session)
    ping(hook)
    session.commit()
    session.execute(text("SELECT set_config('svar.sites', :sites, true)"), {"sites": f"{{{site(study, '02').id}}}"})
    events = session.scalars(select(HookDelivery.event).order_by(HookDelivery.id)).all()
    assert events == [HookEvent.PING]
