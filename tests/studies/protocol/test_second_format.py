"""Format 2: what its rules stand for, what is wrong with a file, and that format 1 says what it always said."""

from __future__ import annotations

from time import process_time

import pytest

from app.studies.protocol import ProtocolErrors, from_dict, read_protocol
from app.studies.protocol.codes import likeness
from app.studies.protocol.conduct import BaselineRule, PeriodBaseline
from app.studies.protocol.visits import base_code, occasion
from tests.example import BACKTOBASIC
from tests.studies.protocol.protocols import line_of
from tests.studies.protocol.second import FLARES, SECOND, errors, read, second, with_visit

BEFORE_FORMAT_2 = "f9d70a048fbfa2ca4d82bc26f53aae12792edf467b58c4e85a109e322603dadc"
"""Of the example, by the version of Svar that knew one format."""


def test_a_protocol_of_format_1_has_the_hash_that_it_was_installed_with() -> None:
    protocol = read_protocol(BACKTOBASIC)
    assert protocol.sha256 == BEFORE_FORMAT_2
    assert from_dict(protocol.to_dict()).sha256 == BEFORE_FORMAT_2


def test_a_protocol_of_format_2_is_read_back_as_it_was_written() -> None:
    protocol = read(SECOND)
    assert from_dict(protocol.to_dict()) == protocol
    assert from_dict(protocol.to_dict()).sha256 == protocol.sha256


SAME = [("closes: 2d", "closes: 2"), ("day: 1w", "day: 7"), ("until: 5y", "until: 60m"), ("due: -1d, ", "due: -1, ")]


@pytest.mark.parametrize(("written", "otherwise"), SAME)
def test_the_same_time_in_another_unit_makes_no_other_protocol(written: str, otherwise: str) -> None:
    assert read(second((written, otherwise))).sha256 == read(SECOND).sha256


def test_rules_stand_for_single_visits() -> None:
    codes = [visit.code for visit in read(SECOND).visits]
    assert codes == [
        "start", "before", *(f"morning-{n}" for n in range(1, 15)), *(f"evening-{n}" for n in range(1, 15)),
        *(f"quarter-{n}" for n in range(1, 21)), "flare-week",
    ]  # fmt: skip


SERIES = [
    # of a visit; the codes of those for which it stands, and their days
    ("code: x, window: short", ["x"], ["0"]),
    ("code: x, day: -7, window: short", ["x"], ["-7"]),
    ("code: x, day: 3m, window: short", ["x"], ["3m"]),
    ("code: x, days: 5-7, window: short", ["x-1", "x-2", "x-3"], ["5", "6", "7"]),
    ("code: x, days: -3--1, window: short", ["x-1", "x-2", "x-3"], ["-3", "-2", "-1"]),
    ("code: x, every: 2w, until: 6w, window: short", ["x-1", "x-2", "x-3"], ["14", "28", "42"]),
    ("code: x, every: 2w, until: 41, window: short", ["x-1", "x-2"], ["14", "28"]),
    ("code: x, day: 1w, every: 2w, until: 5w, window: short", ["x-1", "x-2", "x-3"], ["7", "21", "35"]),
    ("code: x, every: 6m, until: 1y, window: short", ["x-1", "x-2"], ["6m", "12m"]),
    ("code: x, after: [surgery, flare], window: short", ["x-a", "x-b"], ["0", "0"]),
    ('code: x, at: ["08:00", "14:00"], closes: 1h', ["x-1", "x-2"], ["0", "0"]),
    (
        'code: x, days: 1-2, at: ["08:00", "14:00"], closes: 1h',
        ["x-1-1", "x-1-2", "x-2-1", "x-2-2"],
        ["1", "1", "2", "2"],
    ),
    (
        'code: x, random: {earliest: "09:00", latest: "19:00", times: 3}, closes: 1h',
        ["x-1", "x-2", "x-3"],
        ["0", "0", "0"],
    ),
]


@pytest.mark.parametrize(("visit", "codes", "days"), SERIES)
def test_a_rule_stands_for_a_series(visit: str, codes: list[str], days: list[str]) -> None:
    own = [each for each in read(with_visit(visit)).visits if each.code.partition("-")[0] == "x"]
    assert [each.code for each in own] == codes
    assert [str(each.distance) for each in own] == days


def test_a_stretch_of_a_day_is_cut_in_equal_parts() -> None:
    visit = 'code: x, random: {earliest: "09:00", latest: "19:00", times: 3}, closes: 1h'
    moments = [each.random for each in read(with_visit(visit)).visits if each.random]
    shown = [f"{moment.earliest:%H:%M}-{moment.latest:%H:%M}" for moment in moments]
    assert shown == ["09:00-12:20", "12:20-15:40", "15:40-19:00"]


TITLES = [("quarter-3", "Quarter 3"), ("before", "day 0"), ("flare-week.2", "day 7 after Flare (2)"), ("gone", "gone")]


@pytest.mark.parametrize(("code", "title"), TITLES)
def test_a_visit_is_called_by_its_title_or_its_day(code: str, title: str) -> None:
    assert read(SECOND).visit_title(code) == title


def test_a_visit_is_called_by_its_title_in_the_language_of_whoever_reads() -> None:
    text = second(("languages: [en]", "languages: [en, nb]"), ("{en: Quarter}", "{en: Quarter, nb: Kvartal}"))
    bilingual = text.replace("}, {", "}, {")
    assert {error.where for error in errors(bilingual)} >= {"title"}, "each text is asked for in both languages"
    assert "visits.quarter.title" not in {error.where for error in errors(bilingual)}
    protocol = from_dict({**read(SECOND).to_dict(), "visits": [_titled(v) for v in read(SECOND).to_dict()["visits"]]})
    assert (protocol.visit_title("quarter-1", "nb"), protocol.visit_title("quarter-1", "en")) == (
        "Kvartal 1",
        "Quarter 1",
    )


def _titled(visit: dict[str, object]) -> dict[str, object]:
    return {**visit, "title": {"en": "Quarter", "nb": "Kvartal"}} if visit["code"] == "quarter" else visit


@pytest.mark.parametrize(("code", "base", "number"), [("d7", "d7", None), ("flare-week.12", "flare-week", 12)])
def test_the_number_of_an_event_stands_behind_a_visits_code(code: str, base: str, number: int | None) -> None:
    assert (base_code(code), occasion(code)) == (base, number)


def test_enrolment_is_an_event_of_every_protocol_and_day_0_where_no_other_is_said() -> None:
    protocol = read(second(("anchor: surgery\n", ""), ("opens: -7d, due: -1d, closes: surgery", "closes: 1d")))
    assert protocol.anchor == "enrolment"
    assert protocol.event_title("enrolment") == "Enrolment"
    assert list(protocol.events) == ["enrolment", "surgery", "flare"]


BASELINES = [
    ("", None),
    ("baseline: none\n", BaselineRule()),
    ("baseline: {visit: start}\n", BaselineRule(visit="start")),
    ("baseline: {last_before: flare}\n", BaselineRule(last_before="flare")),
    ("baseline: {periods: {surgery: {visit: before}}}\n", BaselineRule(periods={"surgery": PeriodBaseline("before")})),
    (
        "baseline: {periods: {enrolment: {visit: start}, surgery: {visit: before}}}\n",
        BaselineRule(periods={"enrolment": PeriodBaseline("start"), "surgery": PeriodBaseline("before")}),
    ),
]


@pytest.mark.parametrize(("written", "rule"), BASELINES)
def test_the_protocol_says_what_baseline_is(written: str, rule: BaselineRule | None) -> None:
    protocol = read(second(("anchor: surgery\n", f"anchor: surgery\n{written}")))
    assert protocol.baseline == rule
    assert from_dict(protocol.to_dict()) == protocol
    assert (protocol.sha256 == read(SECOND).sha256) is (rule is None)


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


def test_the_protocol_is_sound() -> None:
    assert errors(SECOND) == []


def test_day_0_cannot_recur() -> None:
    text = second(('{title: {en: Surgery}, hour: "08:00"}', "{title: {en: Surgery}, recurs: true}"))
    assert [error.message for error in errors(text)] == ["day 0 comes once, so `surgery` cannot recur"]


def test_a_visit_that_stands_for_too_many_is_refused() -> None:
    text = with_visit(
        'code: x, days: 1-400, at: ["08:00", "09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00"], closes: 1h'
    )
    assert [error.where for error in errors(text)] == ["visits.x.code"]


def test_a_code_of_thirty_two_characters_may_be_used_where_nothing_stands_behind_it() -> None:
    assert errors(with_visit(f"code: {'x' * 32}, window: short")) == []
    assert [error.where for error in errors(with_visit(f"code: {'x' * 32}, days: 1-2, window: short"))] != []


def test_week_seven_after_infusion_may_be_the_code_of_a_visit() -> None:
    protocol = read(with_visit("code: week-seven-after-infusion, day: 7w, window: short"))
    assert protocol.visit("week-seven-after-infusion").day == 49
    assert protocol.visit_title("week-seven-after-infusion") == "day 49"


@pytest.mark.parametrize("step", [1, 10])
def test_codes_whose_numbers_differ_are_not_taken_for_one_another(step: int) -> None:
    wide = "".join(f"  - {{code: d{n}, day: {n}, window: short, minutes: 1, instruments: [odi]}}\n" for n in (14, 104))
    again = FLARES + wide + f"  - {{code: d{500 + step}, window: short, minutes: 1, instruments: [odi]}}\n"
    assert errors(second((FLARES, again))) == []


LIKE = [("d104", "d104"), ("d014", "d14"), ("d-01", "d1"), ("D_007", "d7"), ("0", "0"), ("w1-04", "w14")]


@pytest.mark.parametrize(("code", "like"), LIKE)
def test_leading_zeros_and_hyphens_make_no_other_code(code: str, like: str) -> None:
    assert likeness(code) == like


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


def test_ten_years_are_not_too_long() -> None:
    assert errors(with_visit("code: x, every: 1y, until: 10y, window: short")) == []


HOURS = [
    ("x-1", "day 0, 08:00"),
    ("x-2", "day 0, 14:00"),
]


@pytest.mark.parametrize(("code", "title"), HOURS)
def test_visits_of_one_day_are_told_apart_by_their_hours(code: str, title: str) -> None:
    assert read(with_visit('code: x, at: ["08:00", "14:00"], closes: 1h')).visit_title(code) == title


@pytest.mark.parametrize("mistaken", [False, True])
def test_five_hundred_visits_are_checked_within_a_second(mistaken: bool) -> None:
    line = "  - {{code: v{0}, day: {0}, window: short, minutes: 1, instruments: [odi]}}\n"
    text = second((FLARES, FLARES + "".join(line.format(day) for day in range(400, 890))))
    text = text.replace("window: short", "window: shrt") if mistaken else text
    started = process_time()
    assert len(errors(text)) == (492 if mistaken else 0)
    assert process_time() - started < 1


def test_a_day_has_up_to_twenty_four_hours_of_its_own() -> None:
    def hourly(hours: list[str]) -> str:
        return with_visit(f"code: hourly, days: 1-2, at: [{', '.join(hours)}], closes: 1h")

    hours = [f'"{hour:02d}:{minute}"' for hour in range(7, 19) for minute in ("00", "30")]
    assert sum(visit.code.startswith("hourly") for visit in read(hourly(hours)).visits) == 48
    assert "Write 1 to 24 of them" in str(errors(hourly([*hours, '"19:00"'])))


def test_visits_that_are_open_at_once_are_told_in_whole_days() -> None:
    protocol = read(second(("closes: 7d, minutes: 3", "closes: 1m, minutes: 3"), ("code: before, opens: -7d, due: -1d, "
        "closes: surgery,", "code: later, after: enrolment, day: 3, closes: 10d,")))  # fmt: skip
    assert "Visits start and later are both open from day 3 to day 30." in protocol.notes
