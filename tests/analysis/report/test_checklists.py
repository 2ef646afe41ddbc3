"""The checklists: what plan and data say is said; what they cannot is left to the investigators, by name."""

from dataclasses import replace

import pytest

from app.analysis.report import Results
from app.analysis.report.checklists import CONSORT, OPEN, SPIRIT, checklist
from app.analysis.report.fitted import NotFitted


def answers(results: Results, items: object = CONSORT) -> dict[str, str]:
    return {number: answer(results) for number, _, answer in items}  # type: ignore[attr-defined]


def test_the_plan_and_the_data_answer_what_they_can(results: Results) -> None:
    said = answers(results)
    assert said["P1b"].startswith("Primary: Oswestry Disability Index. Others: Low back pain, NRS, ")
    assert "Day 28" in said["6a"]
    assert "days count from the first infusion. Primary: 5 months (day 154)." in said["6a"]
    assert "Imputation, jump to reference" in said["P12a"]
    assert "One primary test." in said["12a"]
    assert "Responders by 10 points, 10 points, 30 %" in said["P22"]
    assert said["15"] == f"The table under Participants, {len(results.plan.baseline)} rows."
    people, long = results.dataset.people, results.dataset.long
    for arm in results.arms:
        total = int((people["arm"] == arm).sum())
        there = int(((long["arm"] == arm) & (long["day"] == 154)).sum())
        assert f"{there} of {total} at 5 months (day 154)" in said["13a"]
    assert "link not opened" in said["13b"].lower()


def test_what_could_not_be_estimated_is_named(results: Results) -> None:
    lost = replace(results, done=(NotFitted(results.plan.primary, "why"), *results.done[1:]))
    assert "Not estimated: Linear mixed model, random intercept" in answers(lost)["17a"]


@pytest.mark.parametrize("items", [CONSORT, SPIRIT])
def test_every_item_is_answered_or_named_as_open(results: Results, items: object) -> None:
    said = answers(results, items)
    assert all(said.values())
    assert 2 <= sum(text == OPEN for text in said.values()) <= len(said) / 2


def test_both_stand_in_the_report(results: Results) -> None:
    page = (results.out / "report.html").read_text(encoding="utf-8")
    assert '<section id="checklists"' in page
    assert page.count(OPEN) >= 8
    assert checklist(results, SPIRIT, "table-spirit").count("<tr>") >= len(SPIRIT)
