"""Tries at passwords and codes: counted one by one however many come at once; too many wait, ever longer."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts import tries
from app.accounts.models import SignInTry
from app.accounts.tries import Limit
from app.core.audit import AuditEntry
from app.core.database import db, transaction
from app.core.problems import TooMany
from tests.factories import NOW

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("many", "free", "seconds"),
    [
        (0, 5, 0),
        (1, 5, 0),
        (4, 5, 0),
        (5, 5, 1),
        (6, 5, 2),
        (7, 5, 4),
        (14, 5, 512),
        (15, 5, 900),  # a quarter of an hour is the longest
        (16, 5, 900),
        (10_000, 5, 900),  # nor does the power grow without end
        (19, 20, 0),
        (20, 20, 1),
    ],
)
def test_a_few_tries_are_free_and_then_each_wait_is_twice_the_one_before(many: int, free: int, seconds: int) -> None:
    assert tries.pause(many, Limit(free, timedelta(minutes=15))) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("subject", "free", "longest"),
    [
        ("device:x:y", 5, 900),
        ("account at:x:192.0.2.7", 5, 900),
        ("recovery:7:192.0.2.7", 5, 900),
        ("code:7", 5, 900),
        ("account:x", 100, 30),
        ("address:::1", 20, 60),
        ("proving:x:192.0.2.7", 5, 10),
        ("proven:x", 5, 30),
    ],
)
def test_what_strangers_can_use_up_waits_for_seconds(subject: str, free: int, longest: int) -> None:
    assert tries.limit_of(subject) == Limit(free, timedelta(seconds=longest))


def in_a_day(kind: str) -> int:
    """So many tries of one subject are heard within a day, each as soon as it may be."""
    heard, waited = 0, timedelta(0)
    while waited < DAY:
        heard += 1
        waited += tries.pause(heard, tries.limit_of(kind))
    return heard


@pytest.mark.parametrize(
    ("addresses", "passwords"),
    [(1, 109), (2, 218), (10, 1090), (27, 2943), (28, 2983), (100, 2983), (10_000, 2983)],
)
def test_so_many_passwords_of_an_account_are_guessed_in_a_day(addresses: int, passwords: int) -> None:
    """As docs/security.md says it, of strangers at so many addresses who do nothing else."""
    assert min(addresses * in_a_day("account at:x"), in_a_day("account:x")) == passwords


@pytest.mark.parametrize(("addresses", "passwords"), [(1, 0.03), (100, 2.6), (10_000, 259)])
def test_codes_that_are_guessed_let_few_more_be_looked_at(addresses: int, passwords: float) -> None:
    valid_at_a_time, codes = 3, 10**6
    tried = addresses * in_a_day("proving:x")
    assert tried * valid_at_a_time / codes == pytest.approx(passwords, rel=0.15)


def test_an_address_that_sprays_all_accounts_is_heard_so_often() -> None:
    assert in_a_day("address:x") == 1464


def used_up(subject: str = "account at:kari") -> None:
    for _ in range(5):
        tries.take([subject], NOW)


def test_the_try_after_five_waits_a_second_and_no_longer(session: Session) -> None:
    used_up()
    with pytest.raises(TooMany, match="Wait 1 seconds") as refused:
        tries.take(["account at:kari"], NOW + SECOND - timedelta(microseconds=1))
    assert refused.value.retry_after == 1
    tries.take(["account at:kari"], NOW + SECOND)
    with pytest.raises(TooMany, match="Wait 2 seconds"):
        tries.take(["account at:kari"], NOW + SECOND)


@pytest.mark.parametrize("earlier", [timedelta(milliseconds=1), SECOND, DAY])
def test_of_tries_at_once_none_waits_for_one_that_read_its_time_later(session: Session, earlier: timedelta) -> None:
    for at in (NOW, NOW - earlier, NOW, NOW - earlier, NOW - earlier):
        tries.take(["account at:a"], at)
    assert session.scalar(select(SignInTry.tries).where(SignInTry.subject == "account at:a")) == 5
    tries.give_back(["account at:a"])
    tries.take(["account at:a"], NOW - 2 * earlier)


def test_a_try_that_is_refused_is_not_counted_so_nobody_is_kept_waiting_by_being_asked(session: Session) -> None:
    used_up()
    for _ in range(50):
        with pytest.raises(TooMany):
            tries.take(["account at:kari"], NOW)
    tries.take(["account at:kari"], NOW + SECOND)


@pytest.mark.parametrize(("ahead", "waits"), [(timedelta(minutes=10), True), (DAY, False)])
def test_nobody_waits_because_a_clock_was_ahead(session: Session, ahead: timedelta, waits: bool) -> None:
    for _ in range(5):
        tries.take(["account at:kari"], NOW + ahead)
    with pytest.raises(TooMany) if waits else nullcontext():
        tries.take(["account at:kari"], NOW)


def test_a_long_wait_is_told_in_minutes(session: Session) -> None:
    used_up()
    session.execute(update(SignInTry).values(waits_until=NOW + timedelta(minutes=12)))
    with pytest.raises(TooMany, match="Wait 12 minutes") as refused:
        tries.take(["account at:kari"], NOW)
    assert refused.value.retry_after == 720


def test_what_is_counted_together_waits_together_and_others_do_not(session: Session) -> None:
    for _ in range(5):
        tries.take(["account at:kari", "address:10.0.0.1"], NOW)
    with pytest.raises(TooMany):
        tries.take(["address:10.0.0.1", "account at:kari"], NOW)
    tries.take(["account at:ola", "address:10.0.0.1"], NOW)
    tries.take(["account at:ola", "device:x"], NOW)


def test_who_was_right_begins_anew_and_the_address_gets_one_try_back(session: Session) -> None:
    used_up("account at:kari")
    used_up("address:10.0.0.1")
    tries.forget(["account at:kari"])
    tries.give_back(["address:10.0.0.1"])
    rows = {row.subject: row.tries for row in session.scalars(select(SignInTry).order_by(SignInTry.subject))}
    assert rows == {"address:10.0.0.1": 4}
    tries.give_back(["address:nobody"])
    for _ in range(9):
        tries.give_back(["address:10.0.0.1"])
    assert session.scalars(select(SignInTry.tries)).all() == [0]


@pytest.mark.parametrize(("later", "counted"), [(DAY, 6), (DAY + SECOND, 1)])
def test_tries_are_forgotten_after_a_day(session: Session, later: timedelta, counted: int) -> None:
    used_up()
    tries.take(["account at:kari"], NOW + later)
    assert session.scalars(select(SignInTry.tries)).all() == [counted]


def test_what_strangers_tried_is_swept_away_by_the_next_try(session: Session) -> None:
    for number in range(30):
        tries.take([f"account at:{number}"], NOW)
    tries.take(["account at:kari"], NOW + DAY + SECOND)
    assert session.scalars(select(SignInTry.subject)).all() == ["account at:kari"]


def test_what_is_used_once_is_used_once(session: Session) -> None:
    assert tries.first_use("challenge:x", NOW) is True
    assert tries.first_use("challenge:x", NOW) is False
    assert tries.first_use("challenge:y", NOW) is True


def test_sixteen_at_once_are_sixteen(app: Flask, session: Session) -> None:
    def count_try(_: int) -> int:
        with app.app_context(), transaction():
            return tries.count("half:x", NOW)

    with ThreadPoolExecutor(16) as threads:
        assert sorted(threads.map(count_try, range(16))) == list(range(1, 17))


def test_of_sixteen_at_once_five_are_heard(app: Flask, session: Session) -> None:
    def is_heard(_: int) -> bool:
        with app.app_context():
            try:
                with transaction():
                    tries.take(["account at:kari", "address:10.0.0.1"], NOW)
            except TooMany:
                return False
            return True

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(is_heard, range(16))) == 5


def test_wrong_tries_leave_nothing_in_the_audit_trail(session: Session) -> None:
    used_up()
    session.commit()
    assert session.scalars(select(AuditEntry)).all() == []
    assert db.session.scalars(select(SignInTry.tries)).all() == [5]
