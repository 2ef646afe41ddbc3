"""The rules of SDTM and ADaM, held over a study in which each has something to hold."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from app.exports.standards.adam import scores
from app.exports.standards.domains import Domain
from app.exports.standards.questionnaires import QS
from app.exports.standards.sdtm import country_code, demographics
from app.exports.standards.trial import Row, StandardTrial
from app.instruments import instruments
from tests.some import some

Every = dict[str, Domain]
NAMES = ("DM", "SV", "TV", "QS", "ADSL", "ADQS")
TABULATIONS = ("DM", "SV", "TV", "QS")


def qs(every: Every, **wanted: Any) -> list[dict[str, Any]]:
    """The records of QS of which this is true; there is one."""
    return list(some([row for row in every["QS"].records() if all(row[name] == said for name, said in wanted.items())]))


def test_the_data_sets_are_these_and_none_is_empty(every: Every) -> None:
    assert tuple(every) == NAMES
    assert [name for name in NAMES if not every[name].count] == []


@pytest.mark.parametrize("name", NAMES)
def test_names_have_at_most_8_letters_labels_40_and_texts_200(name: str, every: Every) -> None:
    domain = every[name]
    assert [each.name for each in domain.variables if not re.fullmatch("[A-Z][A-Z0-9]{0,7}", each.name)] == []
    assert [each.label for each in domain.variables if not 0 < len(each.label) <= 40] == []
    assert len(domain.label) <= 40
    assert [cell for row in domain.rows for cell in row if isinstance(cell, str) and len(cell.encode()) > 200] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_key_tells_the_records_apart(name: str, every: Every) -> None:
    keys = [tuple(row[part] for part in every[name].key) for row in every[name].records()]
    assert [key for key, count in Counter(keys).items() if count > 1] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_records_come_in_the_order_of_the_key(name: str, every: Every) -> None:
    keys = [tuple("" if row[part] is None else row[part] for part in every[name].key) for row in every[name].records()]
    assert keys == sorted(keys)


@pytest.mark.parametrize("name", TABULATIONS)
def test_every_record_names_study_and_domain(name: str, every: Every) -> None:
    assert {(row["STUDYID"], row["DOMAIN"]) for row in every[name].records()} == {("BACKTOBASIC", name)}


@pytest.mark.parametrize(("code", "test", "length"), [("QSTESTCD", "QSTEST", 40), ("PARAMCD", "PARAM", 40)])
def test_a_test_code_has_at_most_8_letters_and_one_test(code: str, test: str, length: int, every: Every) -> None:
    rows = every["QS" if code == "QSTESTCD" else "ADQS"].records()
    pairs = {(row[code], row[test]) for row in rows}
    assert len(pairs) == len({short for short, _ in pairs}) == len({other for _, other in pairs}) >= 5
    assert [
        pair for pair in pairs if not re.fullmatch("[A-Z_][A-Z0-9_]{0,7}", str(pair[0])) or len(str(pair[1])) > length
    ] == []


def test_a_result_is_a_number_exactly_where_its_text_is_one(every: Every) -> None:
    for row in qs(every):
        is_number = re.fullmatch(r"-?\d+(\.\d+)?", row["QSSTRESC"] or "") is not None
        assert (row["QSSTRESN"] is not None) is is_number, row
    numbers = [(row["QSSTRESC"], row["QSSTRESN"]) for row in qs(every) if row["QSSTRESN"] is not None]
    assert [pair for pair in some(numbers) if float(pair[0]) != float(pair[1])] == []


def test_what_is_not_done_has_a_reason_and_no_result_and_only_that(every: Every) -> None:
    for row in qs(every):
        not_done = row["QSSTAT"] == "NOT DONE"
        assert (row["QSREASND"] is not None) is not_done, row
        assert [row[name] is None for name in ("QSORRES", "QSSTRESC")] == [not_done, not_done], row
    assert {row["QSSTAT"] for row in qs(every)} == {None, "NOT DONE"}
    assert {row["QSSTRESN"] for row in qs(every, QSSTAT="NOT DONE")} == {None}


def test_a_skipped_item_says_that_it_was_skipped(every: Every) -> None:
    assert {row["QSREASND"] for row in qs(every, QSSPID="nrs_lbp.usual")} == {"SKIPPED"}


def test_the_baseline_flag_stands_only_on_a_result_before_day_0_and_once_a_test(
    every: Every, trial: StandardTrial
) -> None:
    flagged = [row for row in every["QS"].records() if row["QSLOBXFL"]]
    assert {row["QSLOBXFL"] for row in some(flagged)} == {"Y"}
    assert all(row["QSSTRESC"] is not None for row in flagged)
    tests = Counter((row["USUBJID"], row["QSTESTCD"], row["QSCAT"], row["QSSCAT"]) for row in flagged)
    assert set(tests.values()) == {1}
    began = {each.usubjid: each.anchor_at for each in trial.subjects.values()}
    for row in flagged:
        at = began[str(row["USUBJID"])]
        assert at is not None
        assert str(row["QSDTC"]) < f"{trial.subjects[str(row['USUBJID']).split('-', 1)[1]].local(at):%Y-%m-%dT%H:%M:%S}"


def test_nobody_without_day_0_has_a_baseline(every: Every) -> None:
    waiting = "BACKTOBASIC-01-045"
    assert qs(every, USUBJID=waiting)
    assert [row for row in qs(every, USUBJID=waiting) if row["QSLOBXFL"]] == []
    assert [row for row in every["ADQS"].records() if row["USUBJID"] == waiting and row["ABLFL"]] == []


@pytest.mark.parametrize(
    ("name", "at", "day"), [("QS", "QSDTC", "QSDY"), ("SV", "SVSTDTC", "SVSTDY"), ("ADQS", "ADT", "ADY")]
)
def test_there_is_a_study_day_exactly_where_there_is_a_date_and_none_is_zero(
    name: str, at: str, day: str, every: Every
) -> None:
    rows = every[name].records()
    assert [row for row in rows if (row[at] is None) is not (row[day] is None)] == []
    assert 0 not in {row[day] for row in rows}
    references = {row["USUBJID"]: date.fromisoformat(str(row["RFSTDTC"])[:10]) for row in every["DM"].records()}
    for row in some([row for row in rows if row[at] is not None]):
        between = (date.fromisoformat(str(row[at])[:10]) - references[row["USUBJID"]]).days
        assert row[day] == (between + 1 if between >= 0 else between)


@pytest.mark.parametrize("name", ["SV", "TV", "QS"])
def test_visit_and_number_belong_together_and_are_planned_and_had(name: str, every: Every) -> None:
    pairs = {(row["VISITNUM"], row["VISIT"], row["VISITDY"]) for row in every[name].records()}
    assert len(pairs) == len({number for number, _, _ in pairs}) == len({visit for _, visit, _ in pairs})
    assert pairs <= {(row["VISITNUM"], row["VISIT"], row["VISITDY"]) for row in every["TV"].records()}
    assert 0 not in {day for _, _, day in pairs}
    if name == "QS":
        had = {(row["USUBJID"], row["VISITNUM"]) for row in every["SV"].records()}
        assert {(row["USUBJID"], row["VISITNUM"]) for row in every["QS"].records()} <= had


@pytest.mark.parametrize("name", ["SV", "QS", "ADSL", "ADQS"])
def test_everybody_is_in_dm(name: str, every: Every) -> None:
    subjects = {row["USUBJID"] for row in every["DM"].records()}
    assert {row["USUBJID"] for row in every[name].records()} <= subjects


def test_a_visit_that_gave_nothing_has_a_line_for_each_of_its_questionnaires(
    every: Every, trial: StandardTrial
) -> None:
    lines = qs(every, QSTESTCD="QSALL")
    assert {(row["QSTEST"], row["QSSTAT"], row["QSDTC"]) for row in lines} == {("All Questions", "NOT DONE", None)}
    missed = [row for row in every["SV"].records() if row["SVOCCUR"] == "N"]
    forms = {visit.code.upper(): len(visit.instruments) for visit in trial.data.visits}
    lines_each = Counter((row["USUBJID"], row["VISIT"]) for row in lines)
    assert lines_each == {(row["USUBJID"], row["VISIT"]): forms[str(row["VISIT"])] for row in some(missed)}
    assert {row["SVREASOC"] for row in missed} >= {"NOT OPENED", "UNDELIVERED", "WITHDRAWN"}


def test_pain_of_back_and_leg_and_of_a_week_and_two_are_told_apart(every: Every) -> None:
    items = {row["QSSPID"]: row for row in qs(every, QSCAT="PI") if row["QSTESTCD"].startswith("PI")}
    terms = {place: (row["QSTESTCD"], row["QSSCAT"], row["QSEVLINT"]) for place, row in items.items()}
    assert terms == {
        "nrs_lbp.now": ("PI0101", "LOW BACK PAIN", None),
        "nrs_lbp.worst": ("PI0106", "LOW BACK PAIN", "-P2W"),
        "nrs_lbp.usual": ("PI0102", "LOW BACK PAIN", "-P2W"),
        "nrs_lbp_week.now": ("PI0101", "LOW BACK PAIN", None),
        "nrs_lbp_week.worst": ("PI0106", "LOW BACK PAIN", "-P1W"),
        "nrs_lbp_week.usual": ("PI0102", "LOW BACK PAIN", "-P1W"),
        "nrs_leg.leg": ("PI0101", "LEG PAIN", "-P1W"),
    }


def test_totals_are_flagged_as_derived_and_answers_are_not(every: Every) -> None:
    derived = {row["QSSPID"] for row in qs(every, QSDRVFL="Y")}
    assert {"odi.odi", "rmdq.rmdq", "nrs_lbp_week.nrs_lbp_week"} <= derived
    assert {row["QSDRVFL"] for row in qs(every, QSSPID="odi.lifting")} == {None}


def test_controlled_terms_stand_where_they_hold_and_nowhere_else(every: Every) -> None:
    assert {row["QSTESTCD"] for row in qs(every, QSSPID="rmdq.rmdq01")} == {"RDQ0101"}
    assert {row["QSCAT"] for row in qs(every, QSSPID="rmdq.rmdq01")} == {"RDQ"}
    lifting = qs(every, QSSPID="odi.lifting")[0]  # version 2.0 is not CDISC's 2.1a
    assert (lifting["QSCAT"], lifting["QSTESTCD"], lifting["QSTEST"]) == ("ODI V2.0", "ODI00003", "ODI00003-Lifting")


def test_no_word_of_a_licensed_questionnaire_is_written(every: Every) -> None:
    texts = {str(cell) for row in every["QS"].rows for cell in row if isinstance(cell, str)}
    for each in some([each for each in instruments() if each.licence.requires_original("nb")]):
        for language in each.languages:
            wording = each.wording(language)
            words = {wording.item(item.code).text for item in each.items}
            words |= {wording.option(item.code, code) for item in each.items if item.options for code in item.codes}
            assert {text for text in words if len(text) > 15} & texts == set(), each.code
    assert {row["QSORRES"] for row in qs(every, QSSPID="odi.lifting")} == {"2", "5"}


def test_no_arm_is_anywhere(every: Every) -> None:
    for name, columns in {"DM": ("ARM", "ARMCD", "ACTARM", "ACTARMCD"), "ADSL": ("TRT01P",), "ADQS": ("TRTP",)}.items():
        assert {row[column] for row in every[name].records() for column in columns} == {None}
    assert {row["ARMNRS"] for row in every["DM"].records()} == {"BLINDED"}


def test_changes_are_from_the_baseline_and_only_after_day_0(every: Every) -> None:
    changes = [row for row in every["ADQS"].records() if row["CHG"] is not None]
    for row in some(changes):
        assert row["CHG"] == row["AVAL"] - row["BASE"]  # type: ignore[operator]
        assert row["ABLFL"] is None
    baselines: dict[Any, list[Any]] = defaultdict(list)
    for row in every["ADQS"].records():
        if row["ABLFL"]:
            baselines[row["USUBJID"], row["PARAMCD"]].append(row["AVAL"])
    assert {len(values) for values in baselines.values()} == {1}
    assert [
        row for row in every["ADQS"].records() if row["BASE"] not in (None, *baselines[row["USUBJID"], row["PARAMCD"]])
    ] == []


class NamedVisit(StandardTrial):
    """The study as it leaves where the protocol names the visit of the baseline: no event ends that."""

    def rows(self, name: str) -> Iterator[Row]:
        return ({**row, "after_baseline_end": False} if name == "scores" else row for row in super().rows(name))


def test_changes_are_the_same_where_the_protocol_names_the_visit_of_the_baseline(trial: StandardTrial) -> None:
    changes = [(row["CHG"], row["PCHG"]) for row in scores(trial).records()]
    assert [(row["CHG"], row["PCHG"]) for row in scores(NamedVisit(trial.data)).records()] == changes
    assert [change for change, _ in changes if change] != []


def test_records_of_a_subject_are_counted_from_one(every: Every) -> None:
    counted: dict[Any, list[Any]] = defaultdict(list)
    for row in every["QS"].records():
        counted[row["USUBJID"]].append(row["QSSEQ"])
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in some(list(counted.values())))
    assert QS[3].name == "QSSEQ"


def test_a_total_that_could_not_be_reckoned_is_not_done_and_so_not_derived(every: Every) -> None:
    totals = [row for row in qs(every, QSSTAT="NOT DONE") if row["QSSPID"] == "nrs_lbp.nrs_lbp"]
    assert [(row["QSDRVFL"], bool(row["QSREASND"])) for row in totals] == [(None, True)] * len(totals) != []


@pytest.mark.parametrize(
    ("country", "code"),
    [("NO", "NOR"), ("DE", "DEU"), ("FR", "FRA"), ("GB", "GBR"), ("CD", "COD"), ("MM", "MMR"), ("TL", "TLS"),
     ("YE", "YEM"), ("JP", "JPN"), ("BR", "BRA"), ("ZA", "ZAF"), ("", "")],
)  # fmt: skip
def test_every_country_has_its_code_of_three_letters(country: str, code: str) -> None:
    assert country_code(country) == code


def test_whoever_has_died_is_flagged_and_the_day_is_nobodys_guess(trial: StandardTrial) -> None:
    someone = next(iter(trial.subjects.values()))
    died = replace(someone, row={**someone.row, "left_as": "died", "withdrawn_on": date(2026, 3, 20)})
    with_her = replace(trial)
    with_her.__dict__["subjects"] = {died.participant: died}
    (record,) = demographics(with_her).records()
    assert (record["DTHFL"], record["DTHDTC"], record["RFPENDTC"]) == ("Y", None, "2026-03-20")
