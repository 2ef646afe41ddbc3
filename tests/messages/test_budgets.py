"""The budgets: what each kind of text draws on, and how much there is of it."""

import pytest

from app.messages.budgets import (
    DAILY,
    ONCE_A_DAY,
    TESTS_AN_HOUR,
    Needs,
    Place,
    Purpose,
    Whose,
    accounts,
    fullest_day,
    limits,
    purpose,
)
from app.messages.kinds import ASKING, MessageKind
from app.studies.protocol import read_protocol
from tests.example import BACKTOBASIC
from tests.studies.protocol.second import read, second

HERE = Place(number=b"n", person=1, site=2, study=3)
NEEDS = Needs(answers_cap=7, fullest_day=2, people=5)

# kind: its purpose, and the texts a day of her number, person, site, study (with answers_cap: 7), of its own kind
LIMITS = [
    ("invitation", "prompt", 20, 10, 100, None, None),
    *((f"reminder-{number}", "prompt", 20, 10, 100, None, None) for number in range(1, 10)),
    ("reissue", "prompt", 20, 10, 100, None, None),
    ("test", "test", 6, 6, 50, 100, None),
    ("stop", "answer", 40, 20, 300, 7, 1),
    ("start", "answer", 40, 20, 300, 7, 1),
    ("help", "answer", 40, 20, 300, 7, 1),
    *((f"question-{number}", "answer", 40, 20, 300, 7, None) for number in range(2, 7)),
    ("unclear", "answer", 40, 20, 300, 7, None),
    ("thanks", "answer", 40, 20, 300, 7, None),
]


@pytest.mark.parametrize(("kind", "aim", "number", "person", "site", "study", "of_kind"), LIMITS)
def test_what_a_text_of_each_kind_draws_on(
    kind: str, aim: str, number: int, person: int, site: int | None, study: int | None, of_kind: int | None
) -> None:
    chosen = MessageKind(kind)
    expected: dict[tuple[object, ...], int] = {(aim, "number", b"n"): number, (aim, "person", 1): person}
    expected |= {(aim, whose, id_): limit for whose, id_, limit in (("site", 2, site), ("study", 3, study)) if limit}
    expected |= {(kind, b"n"): of_kind} if of_kind else {}
    assert purpose(chosen) is Purpose(aim)
    assert {account: limit for _, account, limit in accounts(chosen, HERE, NEEDS)} == expected


def test_every_kind_is_in_the_table() -> None:
    assert {row[0] for row in LIMITS} == set(MessageKind)


def test_no_answer_and_no_test_draws_on_what_prompts_need() -> None:
    of_prompts = {account for kind in ASKING for _, account, _ in accounts(kind, HERE, NEEDS)}
    of_others = {account for kind in MessageKind if kind not in ASKING for _, account, _ in accounts(kind, HERE, NEEDS)}
    assert not of_prompts & of_others


def test_a_person_never_has_more_than_her_number_nor_a_site_than_its_study() -> None:
    for day in DAILY.values():
        assert day[Whose.PERSON] <= day[Whose.NUMBER]
        assert day.get(Whose.SITE, 0) <= day.get(Whose.STUDY, 10**9)
    assert DAILY[Purpose.TEST][Whose.PERSON] >= TESTS_AN_HOUR


def test_a_whole_conversation_by_sms_fits_into_a_persons_day() -> None:
    """Two visits of six questions each, every answer asked again once, and each word heard once."""
    once = len(ONCE_A_DAY)
    assert 2 * (5 + 1 + 1) + once <= DAILY[Purpose.ANSWER][Whose.PERSON]


@pytest.mark.parametrize(
    ("fullest", "people", "number", "person", "site"),
    [
        (0, 0, 20, 10, 100),
        (1, 1, 20, 10, 100),
        (5, 1, 20, 10, 100),
        (6, 1, 24, 12, 100),
        (12, 1, 48, 24, 100),
        (12, 7, 48, 24, 100),
        (12, 8, 48, 24, 112),
        (1, 33, 20, 10, 100),
        (1, 34, 20, 10, 102),
        (36, 500, 144, 72, 19_000),
    ],
)
def test_a_plan_that_asks_often_and_a_site_with_many_people_have_more_prompts(
    fullest: int, people: int, number: int, person: int, site: int
) -> None:
    expected = {Whose.NUMBER: number, Whose.PERSON: person, Whose.SITE: site}
    assert limits(Purpose.PROMPT, Needs(7, fullest, people)) == expected
    assert limits(Purpose.TEST, Needs(7, fullest, people)) == DAILY[Purpose.TEST], "tests need no more"
    assert limits(Purpose.ANSWER, Needs(7, fullest, people)) == DAILY[Purpose.ANSWER] | {Whose.STUDY: 7}


@pytest.mark.parametrize("kind", list(MessageKind))
def test_who_has_no_number_has_no_account_with_others_who_have_none(kind: MessageKind) -> None:
    """Else the e-mails of many would be one person's texts."""
    first, second = (
        {account for _, account, _ in accounts(kind, Place(None, person, person, person), NEEDS)} for person in (1, 2)
    )
    assert first
    assert not first & second


TWELVE_A_DAY = ('at: "19:30"', 'random: {earliest: "08:00", latest: "20:00", times: 12}')
NO_REMINDERS = ("closes: +4h, reminders: [{day: 2h}]", "closes: +4h, reminders: []")
TWO_REMINDERS = [
    ("reminders: [{day: 2h}]", "reminders: [{day: 1h}, {day: 2h}]"),
    ("  reissue:", '  reminder-2: {en: "{sender}: Still time: {link}"}\n  reissue:'),
]


@pytest.mark.parametrize(
    ("changes", "most"),
    [
        ([], 6),  # morning and evening, each with its reminder, beside enrolment and a flare's week
        ([NO_REMINDERS], 4),
        ([TWELVE_A_DAY], 28),
        ([TWELVE_A_DAY, NO_REMINDERS], 15),
        ([TWELVE_A_DAY, *TWO_REMINDERS], 41),
        ([("morning, days: 1-14", "morning, days: 15-20")], 4),  # never both on one day
        ([("morning, days: 1-14", "morning, days: 14-20")], 6),
        ([("after: flare, day: 1w", 'after: flare, day: 1w, at: "10:00"')], 6),
    ],
)
def test_a_plans_fullest_day_counts_prompts_and_reminders_of_all_its_events(
    changes: list[tuple[str, str]], most: int
) -> None:
    plan = read(second(*changes))
    assert fullest_day(plan) == most
    assert limits(Purpose.PROMPT, Needs(500, most))[Whose.PERSON] >= most


@pytest.mark.parametrize("study", ["backtobasic", "registry"])
def test_two_on_one_phone_are_asked_all_that_an_example_asks_in_a_day(study: str) -> None:
    most = fullest_day(read_protocol(BACKTOBASIC.parent.parent / study / "protocol.yaml"))
    of_prompts = limits(Purpose.PROMPT, Needs(500, most))
    assert most <= of_prompts[Whose.PERSON]
    assert 2 * most <= of_prompts[Whose.NUMBER]
