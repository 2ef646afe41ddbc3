"""The rules of any trial hold over this one, and each of them is seen to notice what breaks it."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from app.exports.standards.night import standard_files
from app.exports.standards.trial import StandardTrial
from tests.exports.standards.conforming import RULES, Rows, broken, read

Data = dict[str, Rows]


@pytest.fixture
def data(trial: StandardTrial) -> Data:
    """The data sets as they leave, which a test may spoil."""
    with TemporaryDirectory() as folder:
        assert dict(standard_files(trial.data, Path(folder)))
        return {name: deepcopy(rows) for name, rows in read(Path(folder)).items()}


def first(rows: Rows, **wanted: Any) -> dict[str, Any]:
    """The first record of which this is true; there is one."""
    return next(row for row in rows if all(row[name] == said for name, said in wanted.items()))


SPOILED: dict[str, Callable[[Data], object]] = {
    "keys_tell_records_apart": lambda data: data["SV"].append(data["SV"][0]),
    "a_code_has_one_test_and_a_test_one_code": lambda data: data["QS"][0].update(QSTEST="Another"),
    "a_result_is_a_number_where_its_text_is_one": lambda data: first(data["QS"], QSSTAT=None).update(QSSTRESN=None),
    "what_is_not_done_has_a_reason_and_no_result": lambda data: first(data["QS"], QSSTAT="NOT DONE").update(
        QSREASND=None
    ),
    "a_whole_form_that_is_missing_is_one_record": lambda data: data["QS"].append(
        {**first(data["QS"], QSTESTCD="QSALL"), "QSTESTCD": "ONE", "QSTEST": "One", "QSSEQ": 999}
    ),
    "the_last_before_exposure_is_one_result": lambda data: first(data["QS"], QSSTAT="NOT DONE").update(QSLOBXFL="Y"),
    "a_subject_has_one_baseline_record_of_each_parameter": lambda data: first(data["ADQS"], ABLFL="Y").update(BASE=-1),
    "a_day_has_a_date_and_none_is_zero": lambda data: first(data["SV"], SVOCCUR="Y").update(SVSTDY=0),
    "visits_are_numbered_once_and_known_everywhere": lambda data: data["TV"].pop(0),
    "every_subject_is_in_dm_and_adsl": lambda data: data["DM"].pop(0),
    "the_guides_variables_are_there_in_their_order": lambda data: data["SV"][0].update(
        SVPRESP=data["SV"][0].pop("SVPRESP")
    ),
    "what_is_required_is_never_empty": lambda data: data["TV"][0].update(TVSTRL=None),
    "what_is_derived_or_found_has_a_result": lambda data: first(data["QS"], QSSTAT="NOT DONE").update(QSDRVFL="Y"),
    "a_flag_is_yes_or_nothing": lambda data: data["DM"][0].update(DTHFL="N"),
    "a_visit_that_was_not_has_a_reason_and_no_time": lambda data: first(data["SV"], SVOCCUR="Y").update(SVENDTC=None),
    "a_country_has_its_code_of_three_letters": lambda data: data["DM"][0].update(COUNTRY="NO"),
    "days_of_a_subject_are_in_their_order": lambda data: data["DM"][0].update(DTHDTC="2026-03-02"),
    "treatment_is_nowhere": lambda data: data["ADSL"][0].update(TRT01P="active"),
}
"""Of each rule something that breaks it."""


def test_the_data_sets_break_no_rule(data: Data) -> None:
    assert [name for name, rows in data.items() if not rows] == []
    assert broken(data) == {}


@pytest.mark.parametrize("rule", [rule.__name__ for rule in RULES])
def test_what_breaks_a_rule_is_noticed(rule: str, data: Data) -> None:
    SPOILED[rule](data)
    assert rule in broken(data)
