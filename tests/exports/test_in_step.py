"""Tables gone through person by person: everybody once, each with her rows, and no row lost."""

from collections.abc import Iterator

import pytest

from app.exports.in_step import by_participant


def stepped(codes: str, **tables: str) -> dict[str, dict[str, list[str]]]:
    """People are capital letters; a row is a person's letter and a figure."""
    rows: dict[str, Iterator[str]] = {name: iter(of.split()) for name, of in tables.items()}
    return dict(by_participant(codes, rows, lambda row: row[0]))


@pytest.mark.parametrize(
    ("codes", "answers", "scores", "expected"),
    [
        ("AB", "A1 A2 B1", "A1 B1", {"A": (["A1", "A2"], ["A1"]), "B": (["B1"], ["B1"])}),
        ("ABC", "B1", "C1 C2", {"A": ([], []), "B": (["B1"], []), "C": ([], ["C1", "C2"])}),
        ("A", "", "", {"A": ([], [])}),
        ("", "", "", {}),
    ],
)
def test_everybody_comes_once_with_her_rows_of_each_table(
    codes: str, answers: str, scores: str, expected: dict[str, tuple[list[str], list[str]]]
) -> None:
    got = stepped(codes, answers=answers, scores=scores)
    assert {code: (rows["answers"], rows["scores"]) for code, rows in got.items()} == expected


@pytest.mark.parametrize(
    ("codes", "answers"), [("AB", "B1 A1"), ("AB", "C1"), ("", "A1"), ("AC", "A1 B1 C1"), ("AB", "A1 B1 A2")]
)
def test_a_row_of_nobody_or_out_of_order_is_a_fault_and_not_left_out(codes: str, answers: str) -> None:
    with pytest.raises(RuntimeError, match="not in the order of the participants: answers"):
        stepped(codes, answers=answers, scores="")
