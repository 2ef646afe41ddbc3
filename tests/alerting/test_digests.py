"""The week by e-mail to each site: once a week for each of its staff, counts alone, over any number of clocks."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.roles import Role
from app.alerting import digesting
from app.alerting.digest_counts import DigestCounts, digest_counts
from app.alerting.digesting import DIGEST_WAITS, send_digests_by, week_of
from app.alerting.models import SiteDigest
from app.core.audit import acting
from app.core.database import transaction
from app.participants.models import Participant, TaskKind
from app.participants.tasks import open_task
from app.studies.access import Scope, join
from app.studies.models import Membership, Site
from app.studies.states import StudyState
from tests.alerting.conftest import Ward
from tests.factories import NOW, Browser, infused, oslo, participant, planned, submitted, user, visit
from tests.reading import said

KARI, OLA, EVA = "kari@hospital.example", "ola@hospital.example", "eva@hospital.example"
MONDAY = date(2026, 3, 2)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def clock(ward: Ward, at: datetime = NOW) -> int:
    """One turn; how many digests left."""
    ward.session.commit()
    sent = send_digests_by(ward.settings, at)
    ward.session.expire_all()
    return sent


def rows(ward: Ward) -> list[SiteDigest]:
    ward.session.expire_all()
    return list(ward.session.scalars(select(SiteDigest).order_by(SiteDigest.id)))


@pytest.mark.parametrize(
    ("at", "week"),
    [
        (oslo(MONDAY, 6, 59), None),
        (oslo(MONDAY, 7), MONDAY),
        (oslo(MONDAY + DAY, 23), MONDAY),
        (oslo(MONDAY + 3 * DAY, 6, 59), MONDAY),
        (oslo(MONDAY + 3 * DAY, 7), None),
        (oslo(MONDAY + 6 * DAY, 23), None),
        (oslo(MONDAY + 7 * DAY, 7), MONDAY + 7 * DAY),
        (oslo(date(2026, 3, 30), 7), date(2026, 3, 30)),  # the Monday after the clocks went forward
        (oslo(date(2026, 10, 26), 6, 59), None),  # and the one after they went back
        (oslo(date(2026, 10, 26), 7), date(2026, 10, 26)),
    ],
)
def test_a_week_begins_on_monday_morning_where_the_study_is(ward: Ward, at: datetime, week: date | None) -> None:
    assert week_of(ward.protocol.study, at) == week


def test_each_of_a_sites_staff_is_told_once_a_week(ward: Ward) -> None:
    ward.staff(None, KARI)
    ward.staff(None, OLA, Role.INVESTIGATOR, "02")
    ward.staff(None, EVA, Role.MONITOR, None)
    hours = [0, 1, 24, 71, 7 * 24, 7 * 24 + 1]
    assert [clock(ward, NOW + timedelta(hours=hours_)) for hours_ in hours] == [3, 0, 0, 0, 3, 0]
    assert sorted(ward.mailed) == sorted(2 * [KARI, OLA, EVA])
    subjects = sorted({mail["Subject"] for mail in ward.server.smtp.took})
    assert [subject.split(" (")[0][:14] for subject in subjects] == [
        "The week at 01",
        "The week at 02",
        "The week at al",
    ]
    assert len({mail["Message-ID"] for mail in ward.server.smtp.took}) == 6


def test_many_clocks_at_once_tell_each_once(ward: Ward, app: Flask) -> None:
    for number in range(5):
        ward.staff(None, f"nurse{number}@hospital.example")
    ward.session.commit()

    def turn(_: int) -> int:
        with app.app_context():
            return send_digests_by(ward.settings, NOW)

    with ThreadPoolExecutor(4) as clocks:
        assert sum(clocks.map(turn, range(4))) == 5
    assert sorted(ward.mailed) == [f"nurse{number}@hospital.example" for number in range(5)]


def test_two_roles_at_a_site_are_one_digest(ward: Ward) -> None:
    kari = ward.staff(None, KARI)
    site = ward.session.scalars(select(Site).filter_by(study_id=ward.protocol.study_id, code="01")).one()
    join(kari, ward.protocol.study, Role.INVESTIGATOR, site)
    assert clock(ward) == 1


@pytest.mark.parametrize(
    ("role", "posts"),
    [
        (Role.COORDINATOR, 1), (Role.INVESTIGATOR, 1), (Role.DATA_MANAGER, 1), (Role.MONITOR, 1),
        (Role.STATISTICIAN, 0), (Role.ADMINISTRATOR, 0),
    ],
)  # fmt: skip
def test_who_works_with_the_people_of_a_site_is_told(ward: Ward, role: Role, posts: int) -> None:
    ward.staff(None, KARI, role, None)
    assert clock(ward) == posts


@pytest.mark.parametrize(
    ("state", "posts"),
    [
        (StudyState.SETUP, 0), (StudyState.DEMO, 1), (StudyState.LIVE, 1), (StudyState.RECRUITING_STOPPED, 1),
        (StudyState.CLOSED, 0), (StudyState.LOCKED, 0), (StudyState.ARCHIVED, 0),
    ],
)  # fmt: skip
def test_of_a_study_that_asks_nobody_nobody_is_told(ward: Ward, state: StudyState, posts: int) -> None:
    ward.staff(None, KARI)
    ward.protocol.study.state = state
    assert clock(ward) == posts


def test_who_opted_out_or_is_disabled_or_whose_site_is_closed_is_not_told(ward: Ward) -> None:
    kari, ola, _ = ward.staff(None, KARI), ward.staff(None, OLA), ward.staff(None, EVA, Role.COORDINATOR, "02")
    ward.session.scalars(select(Membership).filter_by(user_id=kari.id)).one().weekly_digest = False
    ola.active = False
    ward.session.scalars(select(Site).filter_by(study_id=ward.protocol.study_id, code="02")).one().active = False
    assert (clock(ward), rows(ward)) == (0, [])


def test_who_opts_out_while_hers_waits_is_not_told(ward: Ward) -> None:
    kari, server = ward.staff(None, KARI), ward.settings
    ward.settings = replace(server, smtp_url="smtp://127.0.0.1:9")
    assert clock(ward) == 0
    ward.settings = server
    ward.session.scalars(select(Membership).filter_by(user_id=kari.id)).one().weekly_digest = False
    assert clock(ward, NOW + DIGEST_WAITS) == 0
    assert [row.called_off_at for row in rows(ward)] == [NOW + DIGEST_WAITS]


def test_what_a_server_refuses_is_tried_again_within_the_hour_and_given_up_with_the_week(ward: Ward) -> None:
    ward.staff(None, KARI)
    up, down = ward.settings, replace(ward.settings, smtp_url="smtp://127.0.0.1:9")
    ward.settings = down
    assert [clock(ward, NOW), clock(ward, NOW + DIGEST_WAITS / 2), clock(ward, NOW + DIGEST_WAITS)] == [0, 0, 0]
    (row,) = rows(ward)
    assert (row.failure, row.not_before) == ("ConnectionRefusedError", NOW + 2 * DIGEST_WAITS)
    ward.settings = up
    assert clock(ward, NOW + 3 * DAY) == 0, "the next is near"
    assert rows(ward)[0].called_off_at == NOW + 3 * DAY


def test_of_a_clock_that_dies_after_sending_nothing_is_sent_again(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.staff(None, KARI)
    ward.session.commit()
    with monkeypatch.context() as dying:
        dying.setattr(digesting, "_settle", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            send_digests_by(ward.settings, NOW)
    ward.session.rollback()
    assert clock(ward, NOW + HOUR) == 0
    assert ward.mailed == [KARI]


def counts(ward: Ward, *codes: str) -> DigestCounts:
    query = select(Site.id).where(Site.study_id == ward.protocol.study_id, Site.code.in_(codes)).order_by(Site.code)
    scope = Scope(ward.protocol.study, tuple(ward.session.scalars(query)), frozenset(), whole=False)
    return digest_counts(scope, NOW)


def trial(ward: Ward) -> None:
    """Two at site 01 and one at site 02, who has a task; nobody answered anything."""
    day0 = date(2026, 1, 15)
    for at_site in ("01", "01", "02"):
        person = participant(ward.protocol, at_site, now=oslo(day0) - 10 * DAY)
        planned(person, day0, oslo(day0) - 9 * DAY)
        infused(person, oslo(day0))
        if at_site == "02":
            open_task(person.id, TaskKind.CALL_ME, NOW)
    ward.session.commit()


def test_the_counts_are_the_desks_own_and_each_sites_alone(ward: Ward) -> None:
    empty = counts(ward, "01")
    assert (empty.to_call, empty.open_now, empty.expected, empty.percent) == (0, 0, 0, None)
    trial(ward)
    first, second, both = counts(ward, "01"), counts(ward, "02"), counts(ward, "01", "02")
    names = DigestCounts.__dataclass_fields__
    assert {name: getattr(first, name) + getattr(second, name) for name in names} == {
        name: getattr(both, name) for name in names
    }
    assert first.missed == 2 * second.missed > 0
    assert (first.expected, first.answered_of_expected, first.percent) == (2 * second.expected, 0, 0)


def test_an_answer_of_the_week_is_counted_as_one(ward: Ward) -> None:
    trial(ward)
    before = counts(ward, "02")
    person = ward.session.scalars(select(Participant).order_by(Participant.id.desc()).limit(1)).one()
    submitted(visit(person, "d42"), NOW - 3 * DAY)
    submitted(visit(person, "d7"), NOW - 30 * DAY)
    after = counts(ward, "02")
    assert (after.answered - before.answered, after.answered_of_expected) == (1, 2)


def test_the_mail_has_numbers_and_addresses_and_nobodys_name_or_code(ward: Ward) -> None:
    trial(ward)
    ward.person.contact.name = "Canary Kanarifugl"
    ward.staff(None, KARI)
    assert clock(ward) == 1
    (mail,) = ward.server.smtp.took
    words = said(mail)
    assert "To call today: " in words
    assert "https://svar.example/desk/backtobasic/today/" in words
    assert "Auto-Submitted: auto-generated" in words
    assert ward.person.code not in words
    assert "anary" not in words
    assert "Kanarifugl" not in words


def test_it_is_in_the_language_of_her_pages(ward: Ward) -> None:
    ward.staff(None, KARI).language = "nb"
    clock(ward)
    (mail,) = ward.server.smtp.took
    assert mail["Subject"].startswith("Uken ved 01")
    assert "Å ringe i dag: " in said(mail)


def test_without_a_mail_server_it_is_on_the_console_in_development_alone(
    ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    ward.staff(None, KARI)
    production = replace(ward.settings, smtp_url="", production=True)
    ward.session.commit()
    assert (send_digests_by(production, NOW), rows(ward)) == (0, [])
    with caplog.at_level(logging.INFO, "svar.mail"):
        assert send_digests_by(replace(production, production=False), NOW) == 1
    assert "To call today: 0" in caplog.text
    assert ward.mailed == []


def test_each_chooses_on_her_account(ward: Ward, app: Flask) -> None:
    kari, ola = ward.staff(None, KARI), ward.staff(None, OLA)
    browser = Browser(app, kari)
    held = ward.session.scalars(select(Membership).filter_by(user_id=kari.id)).one()
    others = ward.session.scalars(select(Membership).filter_by(user_id=ola.id)).one()
    box = f'name="digest" value="{held.id}" checked'
    assert box in browser.get("/account").text
    answer = browser.post("/account/digests")
    assert (answer.status_code, answer.location) == (303, "/account#digests")
    assert box not in browser.get("/account").text
    assert clock(ward) == 1
    browser.post("/account/digests", digest=str(others.id))
    ward.session.expire_all()
    assert (held.weekly_digest, others.weekly_digest) == (False, True)
    browser.post("/account/digests", digest=str(held.id))
    ward.session.expire_all()
    assert held.weekly_digest
    with acting("clock"), transaction():
        assert digesting.owe_digests(NOW) == 1


def test_who_works_with_nobody_is_not_asked(ward: Ward, app: Flask) -> None:
    statistician = user(ward.protocol.study, Role.STATISTICIAN)
    ward.session.commit()
    assert 'id="digests"' not in Browser(app, statistician).get("/account").text
