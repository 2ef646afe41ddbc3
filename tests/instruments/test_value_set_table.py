"""A crosswalk table is taken whole or not at all."""

from decimal import Decimal

import pytest

from app.instruments import score
from app.instruments.problems import BadValueSet
from app.instruments.value_set import ValueSet, profiles
from app.instruments.value_set_files import value_set
from app.instruments.value_set_table import read_value_set_table

NORWAY = {profile: value_set("Norway").unrounded(profile) for profile in profiles()}


def table(values: dict[str, Decimal], delimiter: str = ",", sign: str = ".") -> str:
    lines = (f"{profile}{delimiter}{str(value).replace('.', sign)}" for profile, value in values.items())
    return "\n".join([f"profile{delimiter}index", *lines, ""])


def read(content: str | bytes) -> ValueSet:
    return read_value_set_table(
        content, id="Crosswalk", country="GB", method="crosswalk", citation="A paper", doi="10.1/x"
    )


def problems_of(content: str | bytes) -> list[str]:
    with pytest.raises(BadValueSet) as error:
        read(content)
    return [str(problem) for problem in error.value.problems]


def test_a_table_gives_the_values_that_it_holds() -> None:
    imported = read(table(NORWAY))
    assert all(imported.unrounded(profile) == value for profile, value in NORWAY.items())
    index = score("eq5d5l", dict.fromkeys(["mobility", "self_care"], 1) | LEVELS, value_sets=[imported, "Norway"])
    assert [(each.value_set, each.value) for each in index[:2]] == [
        ("Crosswalk", Decimal("0.845")),
        ("Norway", Decimal("0.845")),
    ]


LEVELS = {"self_care": 2, "usual_activities": 1, "pain_discomfort": 3, "anxiety_depression": 1}


@pytest.mark.parametrize(
    "content",
    [table(NORWAY, ";", ","), "\ufeff" + table(NORWAY), ("\ufeff" + table(NORWAY)).encode(), table(NORWAY) + "\n\n"],
    ids=["semicolon and comma", "byte order mark", "bytes", "empty lines"],
)
def test_tables_as_programs_write_them(content: str | bytes) -> None:
    assert read(content).index("55555") == Decimal("-0.453")


def test_every_wrong_line_is_named() -> None:
    lines = table(NORWAY).splitlines()
    lines[1:8] = ["11111,1", "1111,1", "11116,1", "11112,high", "11113,1.5", "11111,1", "11114"]
    assert problems_of("\n".join(lines)) == [
        "line 3: '1111' is not a profile of five levels 1 to 5, such as 12131",
        "line 4: '11116' is not a profile of five levels 1 to 5, such as 12131",
        "line 5: 'high' is not an index between -2 and 1",
        "line 6: '1.5' is not an index between -2 and 1",
        "line 7: profile 11111 comes twice",
        "line 8: has too few columns",
    ]


def test_a_missing_profile_is_named() -> None:
    assert problems_of(table({profile: value for profile, value in NORWAY.items() if profile != "12345"})) == [
        "profile 12345 has no value"
    ]


def test_a_hopeless_file_is_not_listed_to_the_end() -> None:
    problems = problems_of("profile,index\n11111,1\n")
    assert (len(problems), problems[-1]) == (21, "and 3104 more")


@pytest.mark.parametrize("number", ["NaN", "1e0", "Infinity", "٠", "0.12345678901", ""])
def test_what_is_not_a_plain_number_is_refused(number: str) -> None:
    assert problems_of(
        table(NORWAY).replace("11111,1\n", f"11111,{number}\n").replace("11111,1.0\n", f"11111,{number}\n")
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "name the columns"),
        ("state,value\n11111,1", "name the columns"),
        ("profile,index,Index\n11111,1,0.5", "line 1: the column index stands 2 times"),
        (b"profile,index\n\xff", "UTF-8"),
        ('profile,index\n"' + "x" * 200_000, "not CSV"),
    ],
    ids=range(5),
)
def test_a_file_that_cannot_be_read_is_refused_in_words(content: str | bytes, said: str) -> None:
    with pytest.raises(BadValueSet, match=said):
        read(content)


def test_a_decimal_comma_beside_a_separating_comma_is_not_read_as_zeros() -> None:
    assert problems_of(table(NORWAY, ",", ","))[0].startswith("line 2: has more cells than the first line")


def test_a_table_in_which_the_worst_is_as_good_as_the_best_is_refused() -> None:
    assert problems_of(table(dict.fromkeys(NORWAY, Decimal(0)))) == ["profile 11111 is not worth more than 55555"]


@pytest.mark.parametrize("name", ["", " ", "x" * 41, "two\nlines", "../x"])
def test_a_value_set_has_a_name_that_can_be_written_beside_a_score(name: str) -> None:
    about = {"country": "GB", "method": "crosswalk", "citation": "A paper", "doi": "10.1/x"}
    with pytest.raises(BadValueSet, match="name: at most 40"):
        read_value_set_table(table(NORWAY), id=name, **about)


def test_a_value_set_says_from_which_paper_it_is() -> None:
    with pytest.raises(BadValueSet) as error:
        read_value_set_table(table(NORWAY), id="X", country="GB", method="crosswalk", citation=" ", doi="")
    assert error.value.problems == ("citation: say it", "doi: say it")
