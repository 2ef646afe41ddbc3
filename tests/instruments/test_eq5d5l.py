"""The EQ-5D-5L index: published values, and the shape of every value set over all 3,125 health states."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from app.instruments import UnknownValueSet, score
from app.instruments.value_set import DIMENSIONS, ValueSet, profiles
from app.instruments.value_set_files import value_set, value_sets

# Each row says where its figure is from: the test suite of the R package eq5d (0.16.3.9000), which follows the papers,
# or the papers' coefficients computed by another program.
with (Path(__file__).parent / "data" / "eq5d_indices.csv").open(encoding="utf-8") as lines:
    INDICES = list(csv.DictReader(lines))

ENDS = {  # 11111 and 55555, as published
    "Norway": ("1", "-0.453"),
    "Sweden_2020": ("0.9755", "0.2433"),
    "Sweden_2022": ("1", "-0.314"),
    "Denmark": ("1", "-0.758"),
    "UK": ("1", "-0.567"),
    "England": ("1", "-0.285"),
    "Ireland": ("1", "-0.974"),
    "Germany": ("1", "-0.661"),
    "Netherlands": ("1", "-0.446"),
    "Belgium": ("1", "-0.5316458"),
    "France": ("1", "-0.525491"),
    "Spain": ("1", "-0.4161988"),
    "Portugal": ("1", "-0.603"),
    "Italy": ("1", "-0.571"),
    "Poland": ("1", "-0.590"),
    "Hungary": ("1", "-0.848"),
    "USA": ("1", "-0.573"),
    "Canada": ("0.9489", "-0.1482"),
    "Australia": ("1", "-0.301"),
    "Japan_cTTO": ("1", "-0.0255"),
}


def answers(profile: str) -> dict[str, int]:
    return dict(zip(DIMENSIONS, map(int, profile), strict=True))


@pytest.mark.parametrize("row", INDICES, ids=lambda row: f"{row['value_set']}-{row['profile']}")
def test_published_index(row: dict[str, str]) -> None:
    exact = value_set(row["value_set"]).unrounded(row["profile"])
    assert abs(exact - Decimal(row["unrounded"])) <= Decimal("0.000001")
    index = score("eq5d5l", answers(row["profile"]), value_sets=[row["value_set"]])[0]
    assert index.value is not None
    assert abs(index.value - Decimal(row["index"])) <= Decimal(row["tolerance"])


def test_twenty_value_sets_ship_each_with_its_source() -> None:
    assert {each.id for each in value_sets()} == set(ENDS)
    assert all(each.doi.startswith("10.") and each.citation and each.pmid for each in value_sets())
    assert value_set("Norway").country == "NO"


@pytest.mark.parametrize("name", sorted(ENDS))
def test_every_health_state_lies_between_the_ends_and_is_never_better_for_a_worse_level(name: str) -> None:
    values = {profile: value_set(name).unrounded(profile) for profile in profiles()}
    best, worst = map(Decimal, ENDS[name])
    assert len(values) == 3125
    assert (values["11111"], values["55555"]) == (best, worst)
    assert all(worst <= value <= best for value in values.values())
    for profile, value in values.items():
        assert all(values[worse] <= value for worse in one_level_worse(profile))


def one_level_worse(profile: str) -> list[str]:
    steps = enumerate(map(int, profile))
    return [f"{profile[:place]}{level + 1}{profile[place + 1 :]}" for place, level in steps if level < 5]


def test_several_value_sets_at_once_give_one_index_each_and_one_vas() -> None:
    given = {**answers("12131"), "vas": 70}
    scores = score("eq5d5l", given, value_sets=["Norway", "UK", "Sweden_2020"])
    assert [(each.name, each.value_set) for each in scores] == [
        ("index", "Norway"),
        ("index", "UK"),
        ("index", "Sweden_2020"),
        ("vas", None),
    ]
    assert scores[0].value == Decimal("0.845")
    assert scores[3].value == Decimal(70)


def test_norway_is_the_default() -> None:
    assert score("eq5d5l", answers("55555"))[0].value_set == "Norway"


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_a_missing_dimension_leaves_no_index_but_keeps_the_vas(dimension: str) -> None:
    given = {**answers("12131"), "vas": 70}
    del given[dimension]
    index, vas = score("eq5d5l", given)
    assert (index.value, index.reason, index.n_answered) == (None, "incomplete", 4)
    assert vas.value == Decimal(70)


def test_nothing_answered_is_said() -> None:
    assert [each.reason for each in score("eq5d5l", {})] == ["not_answered", "not_answered"]


def test_ties_are_rounded_half_up() -> None:
    assert value_set("Canada").index("33333") == Decimal("0.577")  # 0.5765
    assert value_set("Sweden_2020").index("11111") == Decimal("0.976")  # 0.9755


def test_an_unknown_value_set_is_refused_with_what_there_is() -> None:
    with pytest.raises(UnknownValueSet, match=r"'Norge'.*Norway"):
        score("eq5d5l", answers("11111"), value_sets=["Norge"])


def test_a_value_set_of_ones_own_can_be_handed_in() -> None:
    norway = value_set("Norway")
    mine = ValueSet("Mine", "NO", "test", "Nobody", "10.0/0", norway.values)
    index = score("eq5d5l", answers("55555"), value_sets=[mine])[0]
    assert (index.value_set, index.value) == ("Mine", Decimal("-0.453"))
