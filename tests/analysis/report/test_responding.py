"""Responders and blinding: counted by hand."""

from dataclasses import replace

import pandas as pd
import pytest

from app.analysis.report.responding import (
    DOES_NOT_KNOW,
    blinding_table,
    guesses,
    primary_values,
    respond,
    responder_table,
)
from app.analysis.report.results import Results
from app.analysis.trial.plan import Responder


def test_everyone_infused_is_counted_with_or_without_values(results: Results) -> None:
    values = primary_values(results)
    assert len(values) == 126
    assert values["outcome"].notna().sum() == (results.dataset.long["day"] == 154).sum()


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (Responder(points=10), lambda v: v["baseline"] - v["outcome"] >= 10),
        (Responder(percent=30), lambda v: v["baseline"] - v["outcome"] >= 0.3 * v["baseline"] - 1e-9),
    ],
)
def test_responders_are_those_who_improved_enough(results: Results, definition: Responder, expected: object) -> None:
    assert callable(expected)
    values = primary_values(results)
    counts = values[expected(values)]["arm"].value_counts()
    arms = respond(results, definition).arms.set_index("arm")
    assert arms["responders"].to_dict() == counts.to_dict()
    assert arms["n"].to_dict() == {"Placebo": 64, "Infliximab": 62}  # missing = no response


def test_the_rule_for_missing_values_changes_who_is_counted(results: Results) -> None:
    complete = primary_values(results).dropna()["arm"].value_counts().to_dict()
    arms = respond(results, Responder(points=10, missing="observed")).arms.set_index("arm")
    assert arms["n"].to_dict() == complete


def test_the_table_says_what_the_difference_means(results: Results) -> None:
    table = responder_table(results)
    assert (
        "Risk difference = infliximab minus placebo in the share of responders; positive favours infliximab"
        in table.note
    )
    assert table.html.count('scope="row"') == 3


def test_guesses_are_named_as_the_arms(results: Results) -> None:
    frame = guesses(results)
    given = frame["guess"].dropna()
    assert set(given) == {"Infliximab", "Placebo", DOES_NOT_KNOW}
    answers = results.snapshot.answers
    assert len(given) == (answers["item"] == "guess").sum()


def test_the_table_of_guesses_counts_them_and_gives_bangs_index(results: Results) -> None:
    frame = guesses(results).dropna()
    own = frame[frame["arm"] == "Placebo"]["guess"]
    bang = ((own == "Placebo").sum() - (own == "Infliximab").sum()) / len(own)
    (table,) = blinding_table(results)
    shown = f"{abs(bang):.2f}"
    assert f"{shown}</td>" in table.html
    assert f">{(own == 'Placebo').sum()}</td>" in table.html
    assert "James's index: 0." in table.note


def test_without_guesses_there_is_no_table(results: Results) -> None:
    assert blinding_table(replace(results, plan=replace(results.plan, blinding=None))) == ()
    silent = replace(results.snapshot, answers=pd.DataFrame(columns=results.snapshot.answers.columns))
    assert blinding_table(replace(results, snapshot=silent)) == ()
