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


SCORERS = (
    "eq5d5l", "fabq", "gpe", "hours_lbp", "hscl10", "hscl25", "nrs_lbp", "nrs_lbp_week", "nrs_leg", "odi", "rand36",
    "result", "rmdq", "satisfaction", "shc", "sick_leave", "startback", "wellbeing", "wpai_shp",
)  # fmt: skip
TARGETS = (
    Target("gate", ("app.messages.gate",), ("tests/messages/test_gate.py",)),
    Target(
        "calendar",
        ("app.schedule.calendar",),
        ("tests/schedule/test_calendar.py", "tests/schedule/test_calendar_sending.py"),
    ),
    Target(
        "scoring",
        ("app.instruments.scores", *(f"app.instruments.scoring.{code}" for code in SCORERS)),
        (
            "tests/instruments/test_scoring_cases.py",
            "tests/instruments/test_scoring_rules.py",
            "tests/instruments/test_minimum_answered.py",
            "tests/instruments/test_cut_offs.py",
            "tests/instruments/test_eq5d5l.py",
        ),
    ),
    Target(
        "answers",
        tuple(
            f"app.instruments.{module}"
            for module in ("answering", "answer_reading", "model", "value_set", "value_set_table", "wording_places")
        ),
        (
            "tests/instruments/test_answering.py",
            "tests/instruments/test_answer_reading.py",
            "tests/instruments/test_structure.py",
            "tests/instruments/test_value_set_table.py",
            "tests/instruments/test_wording_files.py",
            "tests/instruments/test_eq5d5l.py",
        ),
    ),
    Target("baseline", ("app.responses.baseline",), ("tests/responses/test_baseline.py",)),
    Target("reasons", ("app.exports.reasons",), ("tests/exports/test_dataset.py",)),
    Target("books", ("app.messages.monitoring.ledger",), ("tests/messages/monitoring",)),
)
