"""Format 2: a mistake is one error on its line, which says what to write."""

from __future__ import annotations

import pytest

from app.studies.protocol import ProtocolErrors, read_protocol
from tests.studies.protocol.protocols import line_of
from tests.studies.protocol.second import FLARES, SECOND, errors, second, with_visit

MISTAKES = [
    # what is written, instead of what; the message; the remedy
    ("anchor: surgery\nbaseline: {visit: strat}", "anchor: surgery", "there is no visit `strat`", "`start`"),
    ("anchor: surgery\nbaseline: {last_before: flair}", "anchor: surgery", "there is no event `flair`", "`flare`"),
    ("anchor: surgery\nbaseline: {visit: start, last_before: flare}", "anchor: surgery", "says not one thing", "none"),
    ("anchor: surgery\nbaseline: {}", "anchor: surgery", "says not one thing", "`none`"),
    ("anchor: surgery\nbaseline: non", "anchor: surgery", "has no names", ""),
    ("anchor: surgry", "anchor: surgery", "`surgry` is not one of the events", "Did you mean `surgery`?"),
    ("after: flair", "after: flare", "there is no event `flair`", "Did you mean `flare`?"),
    ("after: 7", "after: flare", "is not written as it should be", "`after: surgery`"),
    ("window: shrt, minutes: 2", "window: short, minutes: 2", "there is no window `shrt`", "Did you mean `short`?"),
    ("day: 1q", "day: 1w", '"1q" is no stretch of time', "h (hours), d (days), w (weeks)"),
    ("day: 12y", "day: 1w", "12y is out of range", "at most ten years"),
    ("closes: 2.5d", "closes: 2d", '"2.5d" is no stretch of time, nor an event', "such as `closes: +4h`"),
    (
        "after: flare, closes: surgery, minutes: 2",
        "after: flare, day: 1w, window: short, minutes: 2",
        "not counted",
        "after: surgery",
    ),
    ("closes: -1d, grace", "closes: 2d, grace", "closes on day -1, before it is due or opens on day 0", "later than"),
    ("opens: -1m", "opens: 0", "not equally long", "Count it in days or weeks"),
    ("due: -8d", "due: -1d", "is due on day -8, before it opens on day -7", "equal to `opens` or later"),
    ("{day: 2m}", "{day: 2h}", "is neither a day with its hour, nor hours after opening", "{day: 2h}"),
    ("{day: 2}", "{day: 2h}", "is neither a day with its hour, nor hours after opening", "{day: 2h}"),
    ("{day: 5h}", "{day: 2h}", "comes after the window closes", "Write an earlier one"),
    ("{day: 4h}", "{day: 2h}", "comes after the window closes", "Write an earlier one"),
    ("{day: 0h}", "{day: 2h}", "does not come after the text before it", "Put it later"),
    ('{day: 3, at: "17:00"}', '{day: 1, at: "17:00"}', "comes after the window closes", "Write an earlier one"),
    ('at: "7:30"', 'at: "07:30"', '"7:30" is not an hour of the day', 'at: "07:30"'),
    ('at: ["12:00", "09:00"]', 'at: "07:30"', "the hours are not in their order", "the earliest first"),
    ('at: "06:30"', 'at: "07:30"', "06:30 lies in the quiet hours", "from 07:00 to before 20:00"),
    ("days: 14-1", "days: 1-14", '"14-1" is no row of days', "such as `1-14`"),
    ("days: 1 to 14", "days: 1-14", '"1 to 14" is no row of days', "such as `1-14`"),
    ("every: 3m, window", "every: 3m, until: 5y, window", "`every` stands without `until`", "`until: 5y`"),
    ("until: 5y, window", "every: 3m, until: 5y, window", "`until` stands without `every`", "`every: 3m`"),
    ("until: 2m", "until: 5y", "ends before the second visit of the series", "Write a later end"),
    ("every: 0m", "every: 3m", "ends before the second visit of the series", ""),
    ("day: 7, every: 3m", "every: 3m", "which is in another unit", "Count both in days and weeks"),
    ("day: 2, days: 1-14", "days: 1-14", "stands beside `day`", "Keep one of the two"),
    (
        'random: {earliest: "09:00", latest: "12:00"}, at: "07:30"',
        'at: "07:30"',
        "stands beside `at`",
        "Keep `at` for fixed hours",
    ),
    (
        "window: short, closes: 3d, minutes: 5",
        "window: short, minutes: 5",
        "stands beside `window`",
        "or name no window",
    ),
    (
        "day: 6h, after: enrolment",
        "after: enrolment",
        "of which only the day is noted",
        "follow an event that is noted",
    ),
    ("after: enrolment, closes: 7h", "after: enrolment, closes: 7d", "the visit has no hour of its own", 'at: "07:30"'),
    ("window: diary", "window: short", "counts hours, and the visit has no hour", 'at: "07:30"'),
    ("code: mor-ning", "code: evening", "`mor-ning` overlaps with `morning` on line 28", "a code of its own"),
    ("code: morning-3", "code: flare-week", "`morning-3`, which is also that of line 28", "a code of its own"),
    (
        'random: {earliest: "09:00", latest: "12:00"}, window: short, minutes: 2',
        "window: short, minutes: 2",
        "comes at a day's hour",
        "2h",
    ),
    ("day: 6h, window: short", "day: 1w, window: short", "comes at a day's hour", "2h"),
    ('sites: ["03"], after: flare', "after: flare", "there is no site `03`", "Use one of: 01, 02"),
    ("only_if: {happened: flair}, after: flare", "after: flare", "there is no event `flair`", "Did you mean `flare`?"),
    ("day: 11y", "day: 1w", "11y is out of range", "at most ten years"),
    ("only_if: {score: odj.odi, at_least: 4}, after: surgery", "after: flare", "`odj` is asked at no visit", "`odi`"),
    (
        "only_if: {score: odi, at_least: 4}, after: surgery",
        "after: flare",
        "not written as it should",
        "`score: odi.odi`",
    ),
    ("only_if: {score: odi.odi, visit: q, at_least: 4}, after: surgery", "after: flare", "no visit `q`", "quarter-1"),
    ("only_if: {score: odi.odi}, after: surgery", "after: flare", "says only half of a condition", "at_least: 40"),
    ("only_if: {at_least: 4}, after: surgery", "after: flare", "says only half of a condition", "at_least: 40"),
    ("only_if: {happened: flare, visit: start}", "after: flare", "says only half of a condition", "at_least: 40"),
    ("only_if: {answer: odi.lifting, score: odi.odi, at_most: 4}", "after: flare", "stands beside `score`", "one of"),
    ("only_if: {}, after: flare", "after: flare", "says nothing", "happened: surgery"),
    ("only_if: {score: odi.odi, at_least: 4}, after: flare", "after: flare", "anew for each event that recurs", "once"),
    ("opened_by: staff, window: short", "day: 1w, window: short", "says when, of a visit that staff open", "`after`"),
    ("recurs: maybe", "recurs: true", "is not what belongs here", "`recurs: true`"),
    ("code: a-very-long-code-of-one-visit", "code: flare-week", "with its numbers it is", "at most 28"),
    ("{title: {en: Flare}, recur: true}", "{title: {en: Flare}, recurs: true}", "is not known here", "`recurs`"),
    ("format: 3", "format: 2", "3 is out of range", "from 2 to 2"),
    ('hour: "8"', 'hour: "08:00"', '"8" is not an hour of the day', '`hour: "08:00"`'),
]


@pytest.mark.parametrize(("written", "instead_of", "message", "remedy"), MISTAKES)
def test_a_mistake_is_one_error_on_its_line_that_says_what_to_write(
    written: str, instead_of: str, message: str, remedy: str
) -> None:
    reported = errors(second((instead_of, written)))
    assert [error.line for error in reported] == [line_of(SECOND, instead_of) + written.count("\n")], reported
    assert message in reported[0].message
    assert remedy in reported[0].remedy


NOT_OF_ONE_PERIOD = [
    # what the rule says; the message; the remedy
    ("{visit: flare-week}", "`flare-week` may come more than once, so it is nobody's baseline", "everybody has once"),
    ("{visit: extra}", "`extra` may come more than once, so it is nobody's baseline", "everybody has once"),
    ("{periods: {}}", "says not one thing", "`periods:`"),
    ("{periods: {surgery: {visit: before}}, visit: start}", "says not one thing", "`periods:`"),
    ("{periods: {surgery: before}}", "has no names", ""),
    ("{periods: {surgery: {}}}", "is missing", "visit: week-0"),
    ("{periods: {surgry: {visit: before}}}", "there is no event `surgry`", "Did you mean `surgery`?"),
    ("{periods: {flare: {visit: before}}}", "so it begins no period", "that happens once"),
    ("{periods: {rest: {visit: start}}}", "no visit is counted from `rest`", "`after: rest`"),
    ("{periods: {surgery: {visit: befor}}}", "there is no visit `befor`", "Did you mean `before`?"),
    ("{periods: {surgery: {visit: flare-week}}}", "`flare-week` may come more than once", "everybody has once"),
    ("{periods: {surgery: {visit: extra}}}", "`extra` may come more than once", "everybody has once"),
    (
        "{periods: {enrolment: {visit: before}, surgery: {visit: morning-1}}}",
        "`before` is counted from `surgery`, another period",
        "counted from `enrolment`",
    ),
    (
        "{periods: {surgery: {visit: before}, second: {visit: before}}}",
        "`before` is the baseline of another period too, in line 19",
        "for each period",
    ),
]


@pytest.mark.parametrize(("rule", "message", "remedy"), NOT_OF_ONE_PERIOD)
def test_a_baseline_that_cannot_be_its_periods_is_one_error_on_its_line(rule: str, message: str, remedy: str) -> None:
    events = "events:\n  rest: {title: {en: Rest}}\n  second: {title: {en: Second}}\n"
    visits = FLARES + "".join(
        f"  - {{{visit}, closes: 7d, minutes: 1, instruments: [odi]}}\n"
        for visit in ("code: second-week, after: second, day: 7", "code: extra, opened_by: staff")
    )
    text = second(
        ("anchor: surgery\n", f"anchor: surgery\nbaseline: {rule}\n"), ("events:\n", events), (FLARES, visits)
    )
    reported = errors(text)
    assert [error.line for error in reported] == [line_of(text, "baseline:")], reported
    assert message in reported[0].message
    assert remedy in reported[0].remedy


def test_day_0_cannot_recur() -> None:
    text = second(('{title: {en: Surgery}, hour: "08:00"}', "{title: {en: Surgery}, recurs: true}"))
    assert [error.message for error in errors(text)] == ["day 0 comes once, so `surgery` cannot recur"]


def test_a_visit_that_stands_for_too_many_is_refused() -> None:
    text = with_visit(
        'code: x, days: 1-400, at: ["08:00", "09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00"], closes: 1h'
    )
    assert [error.where for error in errors(text)] == ["visits.x.code"]


MEASURES = [
    ("score: odi.oddi", "`odi` has no score `oddi`", "Did you mean `odi`?"),
    ("answer: odi.liftin", "`odi` has no answer `liftin`", "Did you mean `lifting`?"),
    ("score: odi.lifting", "`odi` has no score `lifting`", "Use one of: odi, odi_sum"),
]


@pytest.mark.parametrize(("measure", "message", "remedy"), MEASURES)
def test_a_condition_on_what_no_questionnaire_gives_is_refused(measure: str, message: str, remedy: str) -> None:
    text = with_visit(f"code: x, day: 9, only_if: {{{measure}, at_least: 4}}, window: short")
    with pytest.raises(ProtocolErrors) as refused:
        read_protocol(text)
    (mistake,) = refused.value.errors
    assert (mistake.message, mistake.remedy) == (message, remedy)
