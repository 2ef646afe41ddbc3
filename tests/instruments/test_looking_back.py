"""Branching on earlier visits: what holds, what is not known, and what a definition may say of it."""

import pytest

from app.instruments import check_answers
from app.instruments.conditions import NEVER
from app.instruments.fhir import questionnaire
from app.instruments.folders import read_files
from app.instruments.looking_back import conditions_back, decided, fact
from app.instruments.overview import described
from app.instruments.problems import BadFolder
from app.instruments.walking import ways

FILES = {
    "definition.yaml": """
code: flare
version: "1"
items:
  - {code: pain, type: nrs, minimum: 0, maximum: 10}
  - {code: better, type: yesno, when: {item: pain, visit: previous, above: 5}}
  - {code: why, type: text, required: false,
     when: {all: [{score: flare, visit: first, above: 3}, {item: pain, below: 3}]}}
  - {code: call, type: yesno, when: {any: [{item: pain, visit: first, equals: 10}, {item: pain, above: 8}]}}
scores:
  - {name: flare, minimum: 0, maximum: 10, better: lower, scoring: {answer: pain}}
licence: {holder: Us, terms: Free., languages: {}, other: {original_required: false, note: Ours.}}
""",
    "wordings/en.yaml": """
language: en
version: "1"
demonstration: false
source: Ours.
title: Flare
instruction: About today.
scales: {yesno: {"1": "Yes", "0": "No"}}
items:
  pain: {text: How much pain?, low: None, high: Worst}
  better: Is it better than last time?
  why: What has helped?
  call: Shall we call you?
""",
    "vectors.yaml": "- answers: {pain: 4}\n  scores: {flare: 4}\n",
}
FLARE = read_files("flare", FILES).instrument


def items_asked(facts: dict[str, str], pain: int | None) -> set[str]:
    """The questions beside the first that are asked where this is known of earlier visits."""
    answers = {"pain": pain, "better": 1, "why": "Rest", "call": 1}
    return {"better", "why", "call"} - set(check_answers(decided(FLARE, facts), answers).surplus)


@pytest.mark.parametrize(
    ("facts", "pain", "expected"),
    [
        ({}, 2, set()),
        ({}, 9, {"call"}),
        ({"previous pain": "6"}, 2, {"better"}),
        ({"previous pain": "5"}, 2, set()),
        ({"first pain": "6"}, 2, set()),
        ({"first score flare": "4"}, 2, {"why"}),
        ({"first score flare": "4"}, 3, set()),
        ({"first score flare": "4"}, None, set()),
        ({"first score flare": "3"}, 2, set()),
        ({"first score flare": "3.0000001"}, 2, {"why"}),
        ({"first pain": "10"}, 0, {"call"}),
        ({"first pain": "10"}, None, {"call"}),
        ({"first pain": "9"}, 9, {"call"}),
        ({"previous pain": "Grumpy"}, 2, set()),
        ({"previous pain": "7", "first pain": "10", "first score flare": "10"}, 0, {"better", "why", "call"}),
    ],
    ids=range(15),
)
def test_what_is_asked_where_so_much_is_known(facts: dict[str, str], pain: int | None, expected: set[str]) -> None:
    assert items_asked(facts, pain) == expected


def test_without_being_decided_nothing_of_it_is_known() -> None:
    assert check_answers(FLARE, {"pain": 7, "better": 1, "why": "x"}).surplus == ("better", "why")


def test_who_is_asked_otherwise_has_another_page() -> None:
    pages = {decided(FLARE, {"previous pain": pain}).structure_sha256 for pain in ("5", "6", "7")}
    assert len(pages) == 2
    assert decided(FLARE, {}).item("better").when == NEVER
    assert [fact(each) for each in conditions_back(FLARE)] == ["previous pain", "first score flare", "first pain"]


def test_each_way_says_what_is_true_of_earlier_visits() -> None:
    decided_by_items = {way.items: dict(way.decided) for way in ways(FLARE)}
    assert decided_by_items["pain", "better"]["pain > 5 at the previous visit"] == "holds"
    assert decided_by_items["pain", "call"]["pain > 5 at the previous visit"] == "does not hold, or is not known"
    assert {code for way in decided_by_items for code in way} == set(FLARE.by_code)


def test_it_is_told_in_words_and_fhir_asks_in_any_case() -> None:
    when = {each.code: each.asked_when for each in described(FLARE, "en").questions}
    assert when["why"] == "flare > 3 at the first visit and pain < 3"
    assert [item["linkId"] for item in questionnaire(FLARE, "en")["item"] if "enableWhen" in item] == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("{item: pain, visit: previous, above: 5}", "{item: gain, visit: previous, above: 5}",
         "better: depends on gain of an earlier visit, and there is no such item here"),
        ("{score: flare, visit: first, above: 3}", "{score: pain, visit: first, above: 3}",
         "why: depends on pain of an earlier visit, and there is no such score here"),
        ("{score: flare, visit: first, above: 3}", "{score: flare, above: 3}", "items.2.when.all.0"),
        ("{item: pain, visit: previous, above: 5}", "{item: pain, score: flare, visit: first, above: 5}",
         "items.1.when"),
        ("{item: pain, visit: previous, above: 5}", "{item: pain, visit: next, above: 5}", "items.1.when.visit: Must"),
        ("{item: pain, visit: previous, above: 5}", "{item: pain, visit: previous}", "better: say one of equals"),
        ("scores:", "rules: [{code: r, item: pain, refuses: {item: pain, visit: first, equals: 1}}]\nscores:",
         "rule r: looks at answers of this visit alone"),
    ],
    ids=range(7),
)  # fmt: skip
def test_what_no_earlier_visit_can_say_is_refused(old: str, new: str, problem: str) -> None:
    assert old in FILES["definition.yaml"]
    with pytest.raises(BadFolder) as error:
        read_files("flare", {**FILES, "definition.yaml": FILES["definition.yaml"].replace(old, new)})
    problems = list(map(str, error.value.problems))
    assert [each for each in problems if each.startswith(f"definition.yaml: {problem}")] != []
