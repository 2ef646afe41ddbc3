"""Any instrument can be answered, and what is answered agrees with the latent state."""

from decimal import Decimal

import numpy as np
import pytest

from app.instruments import check_answers, instruments, score
from app.rehearsal.parameters import Parameters
from app.rehearsal.population import SyntheticPerson, answers, behaviour, cohort, latent
from tests.some import some

EVERY_CODE = tuple(instrument.code for instrument in instruments())


@pytest.fixture(scope="module")
def people(parameters: Parameters) -> tuple[SyntheticPerson, ...]:
    return cohort(parameters)


def _whole(people: tuple[SyntheticPerson, ...], day: int) -> list[SyntheticPerson]:
    return [person for person in people if behaviour(person, day).kind != "partly"]


@pytest.mark.parametrize("code", EVERY_CODE)
def test_complete_answers_are_accepted_by_the_instrument(people: tuple[SyntheticPerson, ...], code: str) -> None:
    for person in some(_whole(people, 154)[:40]):
        checked = check_answers(code, answers(person, 154, [code])[code])
        assert not checked.problems
        assert not checked.missing
        assert not checked.surplus


def test_partly_leaves_out_something_required(people: tuple[SyntheticPerson, ...]) -> None:
    partial = 0
    for day in range(7, 99, 7):
        for person in people:
            if behaviour(person, day).kind == "partly":
                partial += 1
                given = answers(person, day, ["nrs_lbp_week", "odi", "rmdq"])
                assert any(check_answers(code, items).missing for code, items in given.items())
    assert partial > 20


def test_the_odi_rounds_the_latent_value(people: tuple[SyntheticPerson, ...]) -> None:
    for person in some(_whole(people, 120)):
        principal = score("odi", answers(person, 120, ["odi"])["odi"])[0]
        state = min(max(latent(person, 120).odi, 0), 100)
        assert principal.value is not None
        assert abs(float(principal.value) - state) <= 1.2


def test_some_never_answer_the_section_that_may_be_skipped(people: tuple[SyntheticPerson, ...]) -> None:
    without = {p.number for p in people if "sex_life" not in answers(p, 28, ["odi"])["odi"]}
    again = {p.number for p in people if "sex_life" not in answers(p, 154, ["odi"])["odi"]}
    partly = {p.number for p in people for day in (28, 154) if behaviour(p, day).kind == "partly"}
    assert without - partly == again - partly
    assert 2 <= len(without) <= 25


def _scores(people: tuple[SyntheticPerson, ...], code: str) -> list[float]:
    scores = [score(code, answers(person, 56, [code])[code])[0].value for person in _whole(people, 56)]
    assert all(isinstance(value, Decimal) for value in scores)
    return [float(value) for value in scores if value is not None]


@pytest.mark.parametrize(
    ("code", "mean", "spread", "correlation"),
    [
        ("nrs_lbp", 5.6, 1.9, 0.6),
        ("rmdq", 11.0, 4.0, 0.7),
        ("eq5d5l", 0.65, 0.17, -0.55),
        ("nrs_leg", 3.0, 2.3, 0.35),
    ],
)
def test_other_instruments_are_plausible_and_go_with_severity(
    people: tuple[SyntheticPerson, ...], code: str, mean: float, spread: float, correlation: float
) -> None:
    values, severity = _scores(people, code), [latent(person, 56).odi for person in _whole(people, 56)]
    assert np.mean(values) == pytest.approx(mean, rel=0.2)
    assert np.std(values) == pytest.approx(spread, rel=0.35)
    measured = np.corrcoef(values, severity)[0, 1]
    assert np.sign(measured) == np.sign(correlation)
    assert abs(measured) > abs(correlation) - 0.15


def test_age_and_gender_are_those_of_the_trial(people: tuple[SyntheticPerson, ...]) -> None:
    given = [answers(person, 0, ["background"])["background"] for person in _whole(people, 0)]
    ages = [int(items["age"]) for items in given]
    assert np.mean(ages) == pytest.approx(43, abs=3)
    assert np.mean([items["gender"] == 1 for items in given]) == pytest.approx(0.66, abs=0.1)


def test_answers_do_not_depend_on_what_else_is_asked(people: tuple[SyntheticPerson, ...]) -> None:
    person = _whole(people, 56)[3]
    alone = answers(person, 56, ["nrs_leg"])
    assert answers(person, 56, ["odi", "rmdq", "nrs_leg"])["nrs_leg"] == alone["nrs_leg"]
