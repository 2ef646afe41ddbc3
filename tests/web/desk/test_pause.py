"""Pausing somebody's texts at the desk: what waits is shown first; where it stands then; and how it ends."""

import html
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.accounts.roles import Role
from app.core.audit import AuditEntry
from app.core.time import moved_clock
from app.messages.models import Message, TextsPause
from app.participants.models import Participant
from app.web.desk.as_shown import SEEN
from tests.factories import NOW, Browser, user
from tests.web.desk.desks import PEOPLE, Desk

UNTIL = NOW.date() + timedelta(days=9)
WHY = "In hospital"


def pause(
    desk: Desk, person: Participant, act: str = "pause", until: str = UNTIL.isoformat(), **more: str
) -> TestResponse:
    return desk.send(person, "pause/", act=act, until=until, reason=more.pop("reason", WHY), **more)


@pytest.fixture
def her(desk: Desk) -> Participant:
    """Somebody who is asked about day 56 within the week."""
    return desk.someone(day0=NOW.date() - timedelta(days=53))


def test_what_waits_is_shown_before_anything_is_noted(desk: Desk, her: Participant) -> None:
    shown = pause(desk, her, "preview")
    assert (shown.status_code, desk.count(TextsPause)) == (200, 0)
    assert "day 56" in shown.text
    assert ">waits<" in shown.text
    assert 'value="pause">Pause texts</button>' in shown.text
    long = pause(desk, her, "preview", (NOW.date() + timedelta(days=99)).isoformat())
    assert "is not sent: its window closes before" in long.text
    assert "Texts leave again from" in pause(desk, her, "back").text


def test_a_pause_stands_on_her_page_and_in_her_line_of_time(desk: Desk, her: Participant) -> None:
    assert pause(desk, her, until=f"{UNTIL:%d.%m.%Y}").status_code == 303
    page = desk.page(f"participants/{her.code}")
    assert f"Noted: texts to {her.code} wait, and leave again from Wed 11 Mar 2026 on." in page
    assert '<span class="care">texts paused</span> until Wed 11 Mar 2026: In hospital' in page
    assert "texts paused: In hospital" in page
    assert "texts go on" in page
    reasons = select(AuditEntry.reason, AuditEntry.actor).filter_by(table_name="public.texts_pauses")
    assert desk.session.execute(reasons.order_by(AuditEntry.id)).all() == [(WHY, f"user:{desk.member.id}")]


def test_it_ends_by_hand_and_the_second_is_told(desk: Desk, her: Participant) -> None:
    pause(desk, her)
    assert "Let texts leave again now" in desk.page(f"participants/{her.code}/pause/")
    assert [desk.send(her, "pause/end").status_code for _ in range(2)] == [303, 409]
    page = desk.page(f"participants/{her.code}")
    assert '<span class="good">can be sent</span>' in page
    assert "texts paused: In hospital" in page, "the line of time keeps it"


def test_it_ends_by_itself_on_the_day(desk: Desk, her: Participant) -> None:
    pause(desk, her)
    with moved_clock(lambda: NOW + timedelta(days=9)):
        assert '<span class="good">can be sent</span>' in desk.page(f"participants/{her.code}")
        assert desk.send(her, "pause/end").status_code == 409


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"until": ""}, "Write a day, such as 14.05.2026."),
        ({"until": "yesterday"}, "Write a day, such as 14.05.2026."),
        ({"until": NOW.date().isoformat()}, "from tomorrow on, within a year"),
        ({"reason": " "}, "Say why"),
        ({"until": "2199-01-01"}, "from tomorrow on, within a year"),
    ],
)
@pytest.mark.parametrize("act", ["preview", "pause"])
def test_what_is_wrong_is_said_and_nothing_is_noted(
    desk: Desk, her: Participant, act: str, fields: dict[str, str], said: str
) -> None:
    refused = pause(desk, her, act, **fields)
    assert (refused.status_code, said in html.unescape(refused.text), desk.count(TextsPause)) == (400, True, 0)


def test_a_new_link_for_who_is_paused_is_refused_with_what_to_do(desk: Desk) -> None:
    person = desk.someone()
    pause(desk, person)
    refused = desk.send(person, "texts/", act="link", visit="d56", reason="Asked")
    assert (refused.status_code, "are paused. Let them leave again first" in refused.text) == (409, True)
    assert desk.count(Message) == 0


def test_of_two_who_pause_her_the_second_sees_what_the_first_noted(desk: Desk, her: Participant) -> None:
    page = html.unescape(desk.page(f"participants/{her.code}/pause/"))
    seen = page.split(f'name="{SEEN}" value="')[1].split('">')[0]
    pause(desk, her)
    refused = pause(desk, her, until=(UNTIL + timedelta(days=1)).isoformat(), **{SEEN: seen})
    assert (refused.status_code, "Somebody changed this" in refused.text, desk.count(TextsPause)) == (409, True, 1)


def test_who_may_not_send_texts_pauses_nobody(app: Flask, desk: Desk, her: Participant) -> None:
    desk.session.commit()
    monitor = user(desk.protocol.study, Role.MONITOR)
    desk.session.commit()
    browser = Browser(app, monitor)
    path = f"{PEOPLE}{her.code}/pause/"
    assert [browser.get(path).status_code, browser.post(path, act="pause").status_code] == [403, 403]
    assert "/pause/" not in browser.get(f"{PEOPLE}{her.code}").text


def test_the_call_screen_leads_there(desk: Desk, her: Participant) -> None:
    assert f"/participants/{her.code}/pause/" in desk.page(f"participants/{her.code}/contact/")


def test_upcoming_texts_leave_out_what_waits(desk: Desk, her: Participant) -> None:
    assert her.code in desk.page("messages/upcoming")
    pause(desk, her, until=(NOW.date() + timedelta(days=90)).isoformat())
    desk.page("today/")  # which says once more what was noted
    assert her.code not in desk.page("messages/upcoming")


def test_in_bokmal_it_is_said_in_bokmal(desk: Desk, her: Participant) -> None:
    desk.browser.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "nb"
    pause(desk, her)
    assert "meldinger på pause" in desk.page(f"participants/{her.code}")
    page = desk.page(f"participants/{her.code}/pause/")
    assert "La meldingene gå igjen nå" in page
    refused = pause(desk, her, until="")
    assert "Skriv en dag" in refused.text
