"""What may differ between two machines, two days, two plans of one query, and must not show: a table of names.

`order`     the tests in another order, files and tests in files (a file stays the unit that a worker takes)
`hashjoin`  and the five after it: PostgreSQL's planner may not do so, and reads the rows in another order
`summer`    the wall clock stands in July of next year
`twice`     the wall clock stands in the hour that comes twice when Oslo's summer time ends, for the first time
`zone`      the host lives on the other side of the world, and calls the day by another date
`locale`    the host knows ASCII alone: text files are opened in it unless somebody says in what
`python3.N` another Python, where it is installed

Each costs a run of the suite, so the whole is shaken in four rounds (`ROUNDS`), several at once: none of them excuses
another, and which of a red round it was, `make shake WHICH=` says of each alone.

The clock that moves is Python's (time-machine, ticking). The database is taken to show the same time where the service
asks it; what it dates by itself, and processes that a test starts, have the true one (`clock.py`). Options for the
planner reach every process: libpq reads them, and the service hands them on.
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

SUITE = ("tests",)
TELLING = tuple(
    f"tests/{package}" for package in ("api", "clock", "exports", "messages", "participants", "responses", "schedule")
)
"""The tests with the most rows, hours and zones: what is shaken every day, in a third of the suite's time."""
PYTHONS = ("3.11", "3.12", "3.13")
WITHOUT_DATABASE = tuple(
    f"tests/{room}/" for room in ("analysis", "fake_twilio", "instruments", "studies/protocol", "yaml_files")
)
"""Tests that start no PostgreSQL: whatever its planner does, they do the same. `tests/conftest.py` holds them to it."""
ROUNDS = {
    "nested": ("order", "hashjoin", "mergejoin", "summer", "zone"),
    "hashed": ("order", "nestloop", "twice", "locale", "python3.12"),
    "indexed": ("order", "seqscan", "jit", "python3.13"),
    "heaped": ("order", "indexscan", "python3.11"),
}
"""What is shaken at once: each perturbation has its round, and the order of the tests is another one in each."""


@dataclass(frozen=True)
class Perturbation:
    """Variables of the environment, arguments for pytest, or another Python; and the tests that it cannot reach."""

    name: str
    environment: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    python: str = ""
    leaves_out: tuple[str, ...] = ()


def perturbations(today: date) -> tuple[Perturbation, ...]:
    """All of them, as they are on this day."""
    order = Perturbation("order", arguments=("--random-order", f"--random-order-seed={today.toordinal()}"))
    summer = datetime(today.year + 1, 7, 15, 10, tzinfo=UTC)
    twice = datetime.combine(last_sunday(today.year + 1, 10), datetime.min.time().replace(minute=30), UTC)
    return (
        order,
        planner("hashjoin", "enable_hashjoin=off"),
        planner("mergejoin", "enable_mergejoin=off"),
        planner("nestloop", "enable_nestloop=off"),
        planner("seqscan", "enable_seqscan=off"),
        planner("indexscan", "enable_indexscan=off", "enable_indexonlyscan=off", "enable_bitmapscan=off"),
        planner("jit", "jit=on", "jit_above_cost=0", "jit_inline_above_cost=0", "jit_optimize_above_cost=0"),
        at_clock("summer", summer),
        at_clock("twice", twice),
        Perturbation("zone", {"TZ": "Pacific/Auckland", "PGTZ": "Pacific/Auckland"}),
        Perturbation("locale", {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}),
        *(Perturbation(f"python{version}", python=version) for version in PYTHONS),
    )


def rounds(today: date) -> tuple[Perturbation, ...]:
    """The rounds of this day."""
    days = [date.fromordinal(today.toordinal() + number) for number in range(len(ROUNDS))]
    return tuple(
        together(name, [each for each in perturbations(day) if each.name in names])
        for day, (name, names) in zip(days, ROUNDS.items(), strict=True)
    )


def together(name: str, parts: Sequence[Perturbation]) -> Perturbation:
    """All of them at once: options for PostgreSQL are added up, of any other variable there is one."""
    environment = {key: value for part in parts for key, value in part.environment.items()}
    if options := [part.environment["PGOPTIONS"] for part in parts if "PGOPTIONS" in part.environment]:
        environment["PGOPTIONS"] = " ".join(options)
    arguments = tuple(argument for part in parts for argument in part.arguments)
    return Perturbation(name, environment, arguments, next((part.python for part in parts if part.python), ""))


def planner(name: str, *options: str) -> Perturbation:
    """PostgreSQL with these options, in every connection."""
    said = " ".join(f"-c {option}" for option in options)
    return Perturbation(name, {"PGOPTIONS": said}, leaves_out=WITHOUT_DATABASE)


def starting_servers(tests: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
    """Of tests with their fixtures, those that start PostgreSQL where none is to be started."""
    return [test for test, fixtures in tests if test.startswith(WITHOUT_DATABASE) and "server" in fixtures]


def at_clock(name: str, at: datetime) -> Perturbation:
    """Python's clock starts at this instant."""
    return Perturbation(name, {"SHAKING_CLOCK": at.isoformat()}, ("-p", "tests.shaking.clock"))


def last_sunday(year: int, month: int) -> date:
    """The day on which Europe's clocks change, in March and October."""
    days = calendar.monthrange(year, month)[1]
    return date(year, month, days - (date(year, month, days).weekday() + 1) % 7)


def of_the_day(today: date, names: list[str]) -> str:
    """One of them by the day's number, so that each has its turn."""
    return names[today.toordinal() % len(names)]
