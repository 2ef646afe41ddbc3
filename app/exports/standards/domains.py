"""What a CDISC data set is: variables with labels and types, and rows that are as wide as they are many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

Value = str | int | Decimal | date | None


class ValueKind(StrEnum):
    """What a variable holds; a date of ADaM is a number that is shown as a date."""

    TEXT = "string"
    INTEGER = "integer"
    NUMBER = "float"
    DATE = "date"


class DomainClass(StrEnum):
    """To which class of data sets one belongs."""

    SPECIAL = "SPECIAL PURPOSE"
    TRIAL = "TRIAL DESIGN"
    EVENTS = "EVENTS"
    FINDINGS = "FINDINGS"
    SUBJECTS = "SUBJECT LEVEL ANALYSIS DATASET"
    BASIC = "BASIC DATA STRUCTURE"


@dataclass(frozen=True)
class Variable:
    """One column: name (at most 8 letters), label (at most 40) and where it comes from."""

    name: str
    label: str
    kind: ValueKind = ValueKind.TEXT
    origin: str = "Assigned"


@dataclass(frozen=True)
class Domain:
    """One data set."""

    name: str
    label: str
    kind: DomainClass
    structure: str
    variables: tuple[Variable, ...]
    key: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(variable.name for variable in self.variables)

    @property
    def is_reference(self) -> bool:
        """Whether its rows are of the trial and of nobody in it."""
        return self.kind is DomainClass.TRIAL

    def records(self) -> list[dict[str, Value]]:
        """The rows by name."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


def rows_of(variables: Sequence[Variable], records: Iterable[Mapping[str, Value]]) -> tuple[tuple[Value, ...], ...]:
    """Each record as a row; what it does not say is absent, and an empty text too."""
    names = [variable.name for variable in variables]
    return tuple(tuple(None if (cell := record.get(name)) == "" else cell for name in names) for record in records)


def numbered(records: Iterable[dict[str, Value]], name: str) -> list[dict[str, Value]]:
    """With `name` counting the records of each subject from 1."""
    counts: dict[Value, int] = {}
    made = []
    for record in records:
        counts[record["USUBJID"]] = counts.get(record["USUBJID"], 0) + 1
        made.append({**record, name: counts[record["USUBJID"]]})
    return made
