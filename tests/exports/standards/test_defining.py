"""`define.xml` says what the values of the data sets are, and each rule of it is seen to notice what breaks it."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree.ElementTree import Element

import pytest

from app.exports.standards.night import standard_files
from app.exports.standards.trial import StandardTrial
from tests.exports.standards.defining import DEFINE, ODM, RULES, Night, broken, night_of


@cache
def made() -> list[Night]:
    """The night of the first test: none of them changes it."""
    return []


@pytest.fixture
def night(trial: StandardTrial) -> Night:
    """The study as it leaves, which a test may spoil."""
    if not made():
        with TemporaryDirectory() as folder:
            assert dict(standard_files(trial.data, Path(folder)))
            made().append(night_of(Path(folder)))
    return deepcopy(made()[0])


def item(night: Night, place: str) -> Element:
    return night.items[place]


def drop(night: Night, tag: str, oid: str) -> None:
    """Take what is defined under this name out of the file."""
    (version,) = night.root.iter(f"{ODM}MetaDataVersion")
    version.remove(next(each for each in version.iter(tag) if each.get("OID") == oid))


def reads(night: Night, variable: str, **said: object) -> None:
    """The first record of QS with a result says something else."""
    next(row for row in night.data["QS"] if row[variable] is not None).update(said)


SPOILED: dict[str, tuple[Callable[[Night], object], ...]] = {
    "every_value_stands_in_its_code_list": (
        lambda night: night.data["DM"][0].update(SITEID="99"),
        lambda night: night.data["SV"][0].update(VISITNUM=99),
        lambda night: reads(night, "QSREASND", QSREASND="ANOTHER"),
        lambda night: night.data["ADQS"][0].update(PARCAT1="ANOTHER"),
    ),
    "no_variable_of_a_code_list_is_unknown_to_us": (
        lambda night: item(night, "IT.DM.SUBJID").append(item(night, "IT.DM.SEX")[1]),
    ),
    "what_a_code_means_is_what_stands_beside_it": (
        lambda night: reads(night, "QSTESTCD", QSTEST="Another"),
        lambda night: night.data["TV"][0].update(VISIT="ANOTHER"),
    ),
    "a_result_is_of_the_form_that_is_said_of_its_test": (
        lambda night: reads(night, "QSSTRESN", QSSTRESN=1234567.5),
        lambda night: reads(night, "QSSTRESN", QSORRES="words that are longer than any other answer" * 9),
        lambda night: [row.update(AVAL=None) for row in night.data["ADQS"]],
    ),
    "what_is_defined_is_referred_to_and_the_other_way_round": (
        lambda night: drop(night, f"{ODM}CodeList", "CL.VISIT"),
        lambda night: item(night, "IT.QS.QSORRES").remove(item(night, "IT.QS.QSORRES")[-1]),
        lambda night: drop(night, f"{DEFINE}WhereClauseDef", f"WC.ADQS.{night.data['ADQS'][0]['PARAMCD']}"),
    ),
}  # fmt: skip
"""Of each rule some things that break it."""
CASES = [(rule.__name__, number) for rule in RULES for number in range(len(SPOILED[rule.__name__]))]


def test_what_is_said_of_the_values_holds(night: Night) -> None:
    assert broken(night) == {}


@pytest.mark.parametrize(("rule", "number"), CASES)
def test_what_breaks_a_rule_is_noticed(rule: str, number: int, night: Night) -> None:
    SPOILED[rule][number](night)
    assert rule in broken(night)


def test_a_questionnaire_that_cdisc_knows_has_its_number_and_ours_is_an_addition(night: Night) -> None:
    (categories,) = (each for each in night.root.iter(f"{ODM}CodeList") if each.get("OID") == "CL.QSCAT")
    said = {
        term.get("CodedValue"): (term.get(f"{DEFINE}ExtendedValue"), [alias.get("Name") for alias in term])
        for term in categories.iter(f"{ODM}EnumeratedItem")
    }
    assert said["RDQ"] == (None, ["C100774"])
    assert said["ODI V2.0"] == ("Yes", [])
    assert [alias.get("Name") for alias in categories.findall(f"{ODM}Alias")] == ["C100129"]


def test_the_form_of_a_test_says_whether_it_was_answered_or_reckoned(night: Night) -> None:
    origins = {
        place.removeprefix("IT.QS.QSORRES."): (form.get("DataType"), origin.get("Type"))
        for place, form in night.items.items()
        if place.startswith("IT.QS.QSORRES.")
        for origin in form.iter(f"{DEFINE}Origin")
    }
    derived = {row["QSTESTCD"] for row in night.data["QS"] if row["QSDRVFL"] == "Y"}
    assert {test for test, (_, kind) in origins.items() if kind == "Derived"} == derived > set()
    assert {kind for test, (_, kind) in origins.items() if test not in derived} == {"Collected"}
    assert origins["RDQ0101"] == ("text", "Collected")
