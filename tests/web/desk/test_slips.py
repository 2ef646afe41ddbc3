"""Every act at the desk that can be a slip is undone for ten minutes, in one way: as it was before, or a sentence."""

import html
import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts.kept_forms import forget
from app.accounts.models import KeptForm
from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.messages.models import Attempt, MessageState
from app.participants.models import CallMade, Event, EventState, Owner, Participant, StaffNote, Task, TaskKind
from app.participants.tasks import open_task
from app.participants.undoing import CHANGED_SINCE, KEPT_NO_LONGER, LEFT_SINCE, NOT_HERS, TOO_LATE
from app.schedule.models import Assessment
from app.web.desk.undoing import REASON
from tests.factories import NOW, Browser, message, participant, planned, user, visit
from tests.web.desk.desks import DESK, PEOPLE, Desk

LATER = timedelta(minutes=10)
MOMENT = timedelta(seconds=1)


def her(desk: Desk) -> Participant:
    """Somebody whose day 0 is planned for three weeks from now, with an open task."""
    person = participant(desk.protocol, "01", now=NOW - timedelta(days=5))
    planned(person, NOW.date() + timedelta(days=21), NOW - timedelta(days=4))
    open_task(person.id, TaskKind.CALL_ME, NOW - timedelta(hours=3))
    desk.session.commit()
    return person


def call(desk: Desk, person: Participant, outcome: str = "reached") -> TestResponse:
    return desk.send(person, "contact/calls", outcome=outcome)


def wrong_number(desk: Desk, person: Participant) -> TestResponse:
    return call(desk, person, "wrong number")


def note(desk: Desk, person: Participant) -> TestResponse:
    return desk.browser.post(f"{DESK}today/{person.code}/notes", words="Speaks slowly")


def take(desk: Desk, person: Participant) -> TestResponse:
    return desk.browser.post(f"{DESK}today/{person.code}/owner")


def take_over(desk: Desk, person: Participant) -> TestResponse:
    other = user(desk.protocol.study, Role.COORDINATOR, "01")
    desk.session.add(Owner(participant=person, user=other, taken_at=NOW - timedelta(days=1)))
    for task in desk.session.scalars(select(Task).order_by(Task.id)):
        task.taken_at, task.taken_by = NOW - timedelta(hours=1), f"user:{other.id}"
    desk.session.commit()
    BEFORE.append(standing(desk, person))
    return take(desk, person)


def let_go_of(desk: Desk, person: Participant) -> TestResponse:
    take(desk, person)
    desk.page("today/")
    BEFORE.append(standing(desk, person))
    return desk.browser.post(f"{DESK}today/{person.code}/owner", let_go="yes")


SEEN_AND_WHY = {"reason": "said so by telephone", "confirmed": "yes"}


def event(desk: Desk, person: Participant, act: str, on: date, **more: str) -> TestResponse:
    return desk.send(person, "events/", kind="first_infusion", act=act, on=on.isoformat(), **more)


def move_day_0(desk: Desk, person: Participant) -> TestResponse:
    return event(desk, person, "planned", NOW.date() + timedelta(days=28), time="11:00", **SEEN_AND_WHY)


def day_0_happened(desk: Desk, person: Participant) -> TestResponse:
    return event(desk, person, "happened", NOW.date(), time="08:00", **SEEN_AND_WHY)


def call_off_day_0(desk: Desk, person: Participant) -> TestResponse:
    return event(desk, person, "cancelled", NOW.date() + timedelta(days=21), **SEEN_AND_WHY)


def transfer(desk: Desk, person: Participant) -> TestResponse:
    return desk.send(person, "record", act="correct", site="02", reason="She moved to Bergen")


def correct_number(desk: Desk, person: Participant) -> TestResponse:
    return desk.send(person, "phone", phone="41 23 45 67", reason="said so by telephone")


def correct_broken_number(desk: Desk, person: Participant) -> TestResponse:
    person.contact.unusable_since, person.contact.unusable_because = NOW - timedelta(days=1), "30005"
    desk.session.commit()
    BEFORE.append(standing(desk, person))
    return correct_number(desk, person)


BEFORE: list[object] = []
ACTS: dict[str, Callable[[Desk, Participant], TestResponse]] = {
    "a call": call,
    "a wrong number": wrong_number,
    "a note": note,
    "a taking": take,
    "a taking from another": take_over,
    "a letting go": let_go_of,
    "day 0 moved": move_day_0,
    "day 0 took place": day_0_happened,
    "day 0 called off": call_off_day_0,
    "a transfer": transfer,
    "a number": correct_number,
    "a number that did not work": correct_broken_number,
}
OF_TEXTS = (
    "a number",
    "a number that did not work",
    "day 0 moved",
    "day 0 took place",
    "day 0 called off",
    "a transfer",
)


def standing(desk: Desk, person: Participant) -> dict[str, object]:
    """All that these acts change."""
    desk.session.commit()
    desk.session.expire_all()
    rows = desk.session
    about = {"participant_id": person.id}
    owner = rows.scalar(select(Owner).filter_by(**about))
    events = rows.scalars(select(Event).filter_by(**about).where(Event.state != EventState.CANCELLED))
    visits = rows.scalars(select(Assessment).filter_by(**about).order_by(Assessment.day, Assessment.visit))
    tasks = rows.scalars(select(Task).filter_by(**about, done_at=None).order_by(Task.id))
    return {
        "calls": len(rows.scalars(select(CallMade).filter_by(**about)).all()),
        "notes": len(rows.scalars(select(StaffNote).filter_by(**about)).all()),
        "owner": (owner.user_id, owner.taken_at) if owner else None,
        "tasks": [(task.kind, task.taken_at, task.taken_by) for task in tasks],
        "events": sorted((each.kind, each.state.value, str(each.on), str(each.at)) for each in events),
        "visits": [(each.visit, each.opens_at, each.closes_at, each.cancelled_at) for each in visits],
        "site": person.site.code,
        "contact": (person.contact.phone, person.contact.email, person.contact.unusable_because, person.reached_by),
    }


def button(desk: Desk, answer: TestResponse) -> tuple[str, str]:
    """Where the button of the next page leads, and what it carries."""
    assert answer.status_code == 303, answer.text
    shown = html.unescape(desk.browser.get(answer.location.partition("#")[0]).text)
    buttons = re.findall(r'action="([^"]*/undo)">.*?name="carried" value="([^"]*)"', shown, re.S)
    return buttons[0] if buttons else ("", "")


def press(desk: Desk, to: tuple[str, str], after: timedelta = MOMENT, browser: Browser | None = None) -> TestResponse:
    desk.session.commit()
    with moved_clock(lambda: NOW + after):
        return (browser or desk.browser).post(to[0], carried=to[1])


@pytest.mark.parametrize("act", ACTS)
def test_a_slip_is_undone_and_all_is_as_before(desk: Desk, act: str) -> None:
    person = her(desk)
    before: object = standing(desk, person)
    BEFORE.clear()
    to = button(desk, ACTS[act](desk, person))
    before = BEFORE[0] if BEFORE else before
    assert standing(desk, person) != before
    assert press(desk, to, LATER - MOMENT).status_code == 303
    assert standing(desk, person) == before
    entries = select(AuditEntry).where(AuditEntry.reason == REASON).order_by(AuditEntry.id)
    written = desk.session.scalars(entries).all()
    assert {entry.actor for entry in written} == {f"user:{desk.member.id}"}
    assert press(desk, to).status_code == 409, "it is undone already"
    assert standing(desk, person) == before


@pytest.mark.parametrize("act", ACTS)
def test_it_is_refused_too_late_and_to_others_and_changes_nothing(desk: Desk, act: str) -> None:
    person = her(desk)
    to = button(desk, ACTS[act](desk, person))
    left = standing(desk, person)
    other = user(desk.protocol.study, Role.INVESTIGATOR)
    desk.session.commit()
    browser = Browser(desk.browser.client.application, other)
    for refused, sentence in ((press(desk, to, LATER), TOO_LATE), (press(desk, to, browser=browser), NOT_HERS)):
        assert (refused.status_code, sentence in html.unescape(refused.text)) == (409, True)
    assert standing(desk, person) == left


@pytest.mark.parametrize("act", ACTS)
def test_where_a_text_left_since_what_texts_depend_on_stays(desk: Desk, act: str) -> None:
    person = her(desk)
    about = visit(person, "d7")
    to = button(desk, ACTS[act](desk, person))
    if act != "day 0 called off":  # which takes the visits away
        text = message(about, MessageState.UNKNOWN, NOW)
        desk.session.add(Attempt(message=text, number=1, epoch=0, started_at=NOW))
    refused = press(desk, to)
    stays = act in OF_TEXTS and act != "day 0 called off"
    assert (refused.status_code, LEFT_SINCE in html.unescape(refused.text)) == ((409, True) if stays else (303, False))


@pytest.mark.parametrize(
    ("act", "since"),
    [
        ("a call", wrong_number),
        ("a taking", let_go_of),
        ("a number", correct_number),
        ("day 0 moved", call_off_day_0),
        ("day 0 moved", day_0_happened),
    ],
)
def test_what_was_done_since_is_not_undone_on_top_of(
    desk: Desk, act: str, since: Callable[[Desk, Participant], TestResponse]
) -> None:
    person = her(desk)
    to = button(desk, ACTS[act](desk, person))
    if since is call_off_day_0:
        event(desk, person, "cancelled", NOW.date() + timedelta(days=28), **SEEN_AND_WHY)
    else:
        since(desk, person)
    left = standing(desk, person)
    refused = press(desk, to)
    assert (refused.status_code, CHANGED_SINCE in html.unescape(refused.text)) == (409, True)
    assert standing(desk, person) == left


def test_day_0_planned_for_the_first_time_is_undone_with_its_visits(desk: Desk) -> None:
    person = participant(desk.protocol, "01", now=NOW - timedelta(days=5))
    before = standing(desk, person)
    to = button(desk, event(desk, person, "planned", NOW.date() + timedelta(days=20)))
    assert standing(desk, person)["visits"] != []
    assert press(desk, to).status_code == 303
    assert standing(desk, person) == before


def test_notes_about_many_are_undone_together(desk: Desk) -> None:
    people = [her(desk) for _ in range(3)]
    sent = {"who": [person.code for person in people], "words": "Ward moved", "confirmed": "yes"}
    to = button(desk, desk.browser.post(f"{DESK}many/note", **sent))
    assert desk.count(StaffNote) == 3
    assert press(desk, to).status_code == 303
    assert desk.count(StaffNote) == 0


@pytest.mark.parametrize("carried", ["", "nonsense", "W10.aaaa.bbbb"])
def test_what_is_no_button_of_ours_undoes_nothing(desk: Desk, carried: str) -> None:
    person = her(desk)
    note(desk, person)
    refused = press(desk, (f"{PEOPLE}{person.code}/undo", carried))
    assert (refused.status_code, desk.count(StaffNote)) == (400, 1)


def test_a_button_is_of_one_participant(desk: Desk) -> None:
    person, other = her(desk), her(desk)
    address, carried = button(desk, note(desk, person))
    assert press(desk, (address.replace(person.code, other.code), carried)).status_code == 404
    assert desk.count(StaffNote) == 1


@pytest.mark.parametrize("act", ["a note", "a number"])
def test_what_the_button_carries_has_no_identifier(desk: Desk, act: str) -> None:
    person = her(desk)
    person.contact.name, number = "Kanari Fugl", str(person.contact.phone)
    _, carried = button(desk, ACTS[act](desk, person))
    said = URLSafeTimedSerializer("any", salt="undo").loads_unsafe(carried)[1]
    for words in ("Kanari", number, number[3:]):
        assert words not in f"{carried} {said}"


def test_the_number_that_stood_there_is_kept_closed_and_no_longer_than_a_form(desk: Desk) -> None:
    person = her(desk)
    number = str(person.contact.phone)
    to = button(desk, correct_number(desk, person))
    row = desk.session.scalars(select(KeptForm)).one()
    assert number.encode() not in row.content_sealed
    assert row.expires_at <= NOW + timedelta(minutes=30)
    forget(NOW + timedelta(minutes=31))
    refused = press(desk, to)
    assert (refused.status_code, KEPT_NO_LONGER in html.unescape(refused.text)) == (409, True)
    assert person.contact.phone == "+4741234567"
