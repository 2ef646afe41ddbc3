"""The budgets: what each kind of text draws on, and how much there is of it."""

import pytest

from app.messages.budgets import DAILY, ONCE_A_DAY, TESTS_AN_HOUR, Place, Purpose, Whose, accounts, purpose
from app.messages.kinds import ASKING, MessageKind

HERE = Place(number=b"n", person=1, site=2, study=3)

# kind: its purpose, and the texts a day of her number, person, site, study (with answers_cap: 7), of its own kind
LIMITS = [
    ("invitation", "prompt", 20, 10, None, None, None),
    *((f"reminder-{number}", "prompt", 20, 10, None, None, None) for number in range(1, 10)),
    ("reissue", "prompt", 20, 10, None, None, None),
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
    assert {account: limit for _, account, limit in accounts(chosen, HERE, 7)} == expected


def test_every_kind_is_in_the_table() -> None:
    assert {row[0] for row in LIMITS} == set(MessageKind)


def test_no_answer_and_no_test_draws_on_what_prompts_need() -> None:
    of_prompts = {account for kind in ASKING for _, account, _ in accounts(kind, HERE, 7)}
    of_others = {account for kind in MessageKind if kind not in ASKING for _, account, _ in accounts(kind, HERE, 7)}
    assert not of_prompts & of_others


def test_a_person_never_has_more_than_her_number_nor_a_site_than_its_study() -> None:
    for limits in DAILY.values():
        assert limits[Whose.PERSON] <= limits[Whose.NUMBER]
        assert limits.get(Whose.SITE, 0) <= limits.get(Whose.STUDY, 10**9)
    assert DAILY[Purpose.TEST][Whose.PERSON] >= TESTS_AN_HOUR


def test_a_whole_conversation_by_sms_fits_into_a_persons_day() -> None:
    """Two visits of six questions each, every answer asked again once, and each word heard once."""
    once = len(ONCE_A_DAY)
    assert 2 * (5 + 1 + 1) + once <= DAILY[Purpose.ANSWER][Whose.PERSON]
