"""Which visit of the export stands under which day of the plan: by day, by months, after another event."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from app.analysis.trial.dataset import build_dataset, check_days
from app.analysis.trial.derived import outcome_data
from app.analysis.trial.plan import Plan, Response, SecondaryOutcome
from app.analysis.trial.planned import Missing
from app.analysis.trial.snapshot import Snapshot, SnapshotError
from app.analysis.trial.visits import AS_EXPORTED, after_events, placed
from tests.analysis.small import allocate, on, person, score, small_plan, small_snapshot

PEOPLE = ("01-001", "02-002")


def snapshot(*visits: tuple[str, str, int, float, int]) -> Snapshot:
    """Visits as (participant, code, day, value, the study day of the event from which the day counts)."""
    rows = [
        score(code, day, value, visit=visit, answered=since + day, baseline=visit in ("before", "start"))
        for code, visit, day, value, since in visits
    ]
    made = small_snapshot([person(code) for code in PEOPLE], rows)
    assessments = [(code, code[:2], visit, day, "completed", "", on(since)) for code, visit, day, _, since in visits]
    names = ["participant", "site", "visit", "day", "state", "reason", "anchor_on"]
    own = made.participants.assign(anchor_on=on(0))
    return replace(made, participants=own, assessments=pd.DataFrame(assessments, columns=names))


BEFORE = [(code, "before", 0, 50.0, 0) for code in PEOPLE]
BY_MONTHS = snapshot(*BEFORE, ("01-001", "month-3", 89, 40.0, 0), ("02-002", "month-3", 92, 41.0, 0))
FLARES = snapshot(
    *BEFORE,
    ("01-001", "week", 7, 45.0, 0),
    ("02-002", "week", 7, 46.0, 0),
    ("01-001", "flare.2", 0, 70.0, 20),  # noted second, and was the first
    ("01-001", "flare.1", 0, 80.0, 60),
    ("01-001", "flare-week.2", 7, 60.0, 20),
    ("01-001", "flare-week.1", 7, 66.0, 60),
    ("02-002", "flare-week.1", 7, 58.0, 30),
)


def plan(days: tuple[int, ...], codes: dict[int, str] | None = None, **others: Any) -> Plan:
    named = {"days": days, "primary_day": days[-1], "visit_names": {}, "visit_codes": codes or {}}
    return small_plan(**named | others)


def values(export: Snapshot, own: Plan) -> list[tuple[str, int, float]]:
    """participant, day and score after the baseline."""
    rows = build_dataset(export, own, allocate(export)).long
    rows = rows[rows["visit"] != "baseline"]
    return list(zip(rows["participant"], rows["day"], rows["odi"], strict=True))


AFTER_WEEK = {7: "flare-week"}
PLACED = [
    (BY_MONTHS, plan((91,), {91: "month-3"}), [("01-001", 91, 40.0), ("02-002", 91, 41.0)]),
    (FLARES, plan((7,)), [("01-001", 7, 45.0), ("02-002", 7, 46.0)]),
    (FLARES, plan((7,), AFTER_WEEK), [("01-001", 7, 60.0), ("02-002", 7, 58.0)]),
    (FLARES, plan((7,), AFTER_WEEK, occasion="last"), [("01-001", 7, 66.0), ("02-002", 7, 58.0)]),
    (FLARES, plan((7,), AFTER_WEEK, occasion="mean"), [("01-001", 7, 63.0), ("02-002", 7, 58.0)]),
    (FLARES, plan((7,), {7: "flare-week.1"}), [("01-001", 7, 66.0), ("02-002", 7, 58.0)]),
    (
        FLARES,
        plan((0, 7), {0: "flare", 7: "flare-week"}, has_baseline=False),
        [("01-001", 0, 70.0), ("01-001", 7, 60.0), ("02-002", 7, 58.0)],
    ),
]


@pytest.mark.parametrize(("export", "own", "expected"), PLACED)
def test_which_visit_of_the_export_stands_under_which_day(
    export: Snapshot, own: Plan, expected: list[tuple[str, int, float]]
) -> None:
    check_days(export, own)
    assert values(export, own) == expected


def test_days_counted_from_another_event_are_no_days_of_the_study() -> None:
    """A visit 30 days after an operation that came on day 40 is not one of day 30."""
    operated = [(code, "operated", 30, 20.0, 40) for code in PEOPLE]
    own = plan((30, 91))
    export = snapshot(*BEFORE, *operated, ("01-001", "d91", 91, 33.0, 0), ("02-002", "d30", 30, 44.0, 0))
    assert values(export, own) == [("01-001", 91, 33.0), ("02-002", 30, 44.0)]
    named = plan((30, 91), {30: "operated"})
    assert values(export, named) == [("01-001", 30, 20.0), ("01-001", 91, 33.0), ("02-002", 30, 20.0)]


def test_a_visit_of_a_moved_day_0_keeps_its_day() -> None:
    """What somebody answered before day 0 moved is counted from the old date, as most of that visit is not."""
    days = [("01-001", "d28", 28, 30.0, -3), ("02-002", "d28", 28, 31.0, 0)]
    assert values(snapshot(*BEFORE, *days), plan((28,))) == [("01-001", 28, 30.0), ("02-002", 28, 31.0)]


def test_a_visit_asked_before_day_0_counts_from_enrolment_and_is_the_baseline_still() -> None:
    start = [(code, "start", 0, 50.0, -9) for code in PEOPLE]
    export = snapshot(*start, *[(code, "d28", 28, 30.0, 0) for code in PEOPLE])
    rows = build_dataset(export, plan((28,)), allocate(export)).long
    assert rows["visit"].astype(str).tolist() == ["baseline", "d28"] * 2
    assert placed(export, plan((28,))).scores["day"].tolist() == [0, 0, 28, 28]


def test_placing_again_begins_from_the_days_of_the_export() -> None:
    by_code, by_day = plan((7,), AFTER_WEEK), plan((7,))
    again = placed(placed(FLARES, by_code), by_day)
    assert again.scores["day"].equals(placed(FLARES, by_day).scores["day"])
    assert again.scores[AS_EXPORTED].tolist() == FLARES.scores["day"].tolist()


REFUSED = [
    (BY_MONTHS, plan((89,)), "day 89 of the plan is one of the days 89, 92 on which visit month-3 was due"),
    (BY_MONTHS, plan((89,)), r"name the visit: visit_codes: \{89: month-3\}"),
    (BY_MONTHS, plan((91,), {91: "month-4"}), "names month-4, which is no visit of the export; it has before, month-3"),
    (BY_MONTHS, plan((91,)), "days of the plan names day 91, on which the export has no visit"),
]


@pytest.mark.parametrize(("export", "own", "said"), REFUSED)
def test_a_day_that_does_not_tell_its_visit_is_refused_with_what_to_write(
    export: Snapshot, own: Plan, said: str
) -> None:
    with pytest.raises(SnapshotError, match=said):
        check_days(export, own)


def test_an_analysis_after_an_event_says_whom_it_leaves_out() -> None:
    own = plan((7,), {7: "flare-week"})
    assert after_events(FLARES, own) == ("flare-week",)
    (said,) = build_dataset(FLARES, own, allocate(FLARES)).remarks
    assert (
        "what followed an event is analysed (flare-week; the first of each participant where there are several)" in said
    )
    assert "does not compare the groups as they were drawn" in said
    assert build_dataset(BY_MONTHS, plan((91,), {91: "month-3"}), allocate(BY_MONTHS)).remarks == ()


SHARES = [
    ("observed", [("01-001", 1.0)]),
    ("non-responder", [("01-001", 1.0), ("02-002", 0.0)]),  # who had a flare-up and did not answer; not who had none
]


@pytest.mark.parametrize(("missing", "expected"), SHARES)
def test_who_had_no_event_is_no_non_responder(missing: Missing, expected: list[tuple[str, float]]) -> None:
    people = [person(code) for code in ("01-001", "02-002", "02-004")]
    week = score("01-001", 7, 60.0, visit="flare-week.1", answered=27)
    made = small_snapshot(people, [*(score(who["participant"], 0, 50.0) for who in people), week])
    visits = [(code, code[:2], "flare-week.1", 7, "completed", "", on(20)) for code in ("01-001", "02-002")]
    names = ["participant", "site", "visit", "day", "state", "reason", "anchor_on"]
    export = replace(made, assessments=pd.DataFrame(visits, columns=names))
    own = plan((7,), AFTER_WEEK)
    model = replace(own.primary, model="logistic", formula="response ~ arm")
    rule = Response(at_least=55, missing=missing)
    better = SecondaryOutcome(own.outcome, (7,), 7, model, False, response=rule)
    _, data = outcome_data(export, own, better, allocate(export))
    assert list(zip(data.long["participant"], data.long["response"], strict=True)) == expected


def test_the_days_of_the_export_are_the_spacing_of_a_covariance_over_time() -> None:
    rows = build_dataset(BY_MONTHS, plan((91,), {91: "month-3"}), allocate(BY_MONTHS)).long
    assert rows["day"].tolist() == [0, 91, 0, 91]
    assert rows["elapsed"].tolist() == [0, 89, 0, 92]


TITLES = [
    (plan((28,)), 28, "Day 28", "at day 28", "28"),
    (plan((28,), visit_names={28: "4 weeks"}), 28, "4 weeks (day 28)", "at 4 weeks (day 28)", "28\n4 weeks"),
    (plan((28,)), 0, "Baseline", "at baseline", "0\nBaseline"),
    (plan((91,), {91: "month-3"}), 91, "month-3", "at month-3", "month-3"),
    (plan((91,), {91: "month-3"}, visit_names={91: "3 months"}), 91, "3 months", "at 3 months", "3 months"),
    (plan((91,), {91: "month-3"}), 0, "Baseline", "at baseline", "Baseline"),
    (plan((0, 7), {0: "flare"}, has_baseline=False), 0, "flare", "at flare", "flare"),
]


@pytest.mark.parametrize(("own", "day", "title", "inside", "tick"), TITLES)
def test_what_a_visit_is_called(own: Plan, day: int, title: str, inside: str, tick: str) -> None:
    assert (own.visit_title(day), own.at_visit(day), own.tick(day)) == (title, inside, tick)


def test_an_axis_says_from_what_its_time_counts() -> None:
    assert plan((28,)).axis == "Days since the first infusion"
    assert plan((91,), {91: "month-3"}).axis == "Time since the first infusion"
    assert plan((7,), AFTER_WEEK, counted_from="the flare-up").axis == "Time since the flare-up"
