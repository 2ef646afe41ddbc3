"""Which rules are mutated, and which tests must notice."""

from dataclasses import dataclass

SHARE = 0.95
"""Of the mutants that are not known to be equivalent, so many must be killed."""


@dataclass(frozen=True)
class Target:
    """A module (or functions and constants of it), and the tests that must kill its mutants, the fastest first."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    only: tuple[str, ...] = ()


SCORERS = ("compiling", "contradictions", "eq5d5l", "reach", "rmdq", "steps", "wpai_shp")
TARGETS = (
    Target("gate", ("app.messages.gate",), ("tests/messages/test_gate.py", "tests/messages/test_gate_hours.py")),
    Target(
        "calendar",
        ("app.schedule.calendar", "app.schedule.dating"),
        tuple(f"tests/schedule/test_{name}.py" for name in ("dating", "calendar", "calendar_sending", "second_format")),
    ),
    Target(
        "scoring",
        (
            "app.instruments.scores",
            "app.instruments.results",
            "app.instruments.scoring_language",
            *(f"app.instruments.scoring.{code}" for code in SCORERS),
        ),
        tuple(
            f"tests/instruments/test_{name}.py"
            for name in (
                "scoring_rules",
                "scoring_language",
                "scoring_contradictions",
                "scoring_sentences",
                "scoring_reach",
                "eq5d5l",
                "cut_offs",
                "numerals",
                "minimum_answered",
                "provenance",
                "scoring_cases",
            )
        ),
    ),
    Target(
        "baseline",
        tuple(f"app.exports.queries.{name}" for name in ("answered", "placing", "visits")),
        (
            "tests/exports/test_query_rules.py",
            "tests/exports/test_baseline_rules.py",
            "tests/exports/test_reasons.py",
            "tests/exports/test_dataset.py",
            "tests/exports/test_queries.py",
            "tests/exports/test_periods.py",
        ),
        only=(
            "after_baseline_end",
            "may_be_baseline",
            "baseline_ends",
            "scores",
            "MINUTE",
            "_minutes_late",
            "anchors",
        ),
    ),
    Target("reasons", ("app.exports.reasons",), ("tests/exports/test_reasons.py",)),
    Target(
        "books",
        ("app.messages.monitoring.ledger",),
        ("tests/messages/monitoring/test_ledger.py", "tests/messages/monitoring/test_ledger_contradictions.py"),
    ),
)
