"""What a CDISC data set is: variables with labels and types, and rows that are as wide as they are many."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import islice

from app.exports.standards.measuring import Measured

Value = str | int | Decimal | date | None
Record = dict[str, Value]
RECORDS_AT_ONCE = 1 << 13


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


def in_order_of(keys: Sequence[str]) -> Callable[[Record], tuple[tuple[int | Decimal, str], ...]]:
    """By which records are sorted: by these variables in turn, numbers by size, what is absent first."""

    def place(record: Record) -> tuple[tuple[int | Decimal, str], ...]:
        return tuple(_place(record.get(key)) for key in keys)

    return place


def _place(value: Value) -> tuple[int | Decimal, str]:
    return (value, "") if isinstance(value, int | Decimal) else (0, str(value or ""))


@dataclass(frozen=True)
class RecordRows:
    """The rows of a data set, made anew each time that they are gone through: none of them is held."""

    names: tuple[str, ...]
    records: Callable[[], Iterable[Mapping[str, Value]]]

    def __iter__(self) -> Iterator[tuple[Value, ...]]:
        """Each record as a row; what it does not say is absent, and an empty text too."""
        for record in self.records():
            yield tuple([None if cell == "" else cell for cell in map(record.get, self.names)])


@dataclass(frozen=True)
class Domain:
    """One data set."""

    name: str
    label: str
    kind: DomainClass
    structure: str
    variables: tuple[Variable, ...]
    key: tuple[str, ...]
    rows: Iterable[tuple[Value, ...]]
    """Gone through as often as one likes."""
    size: Measured | None = None
    """What is known of the rows, where it was learnt when they were kept."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(variable.name for variable in self.variables)

    @property
    def is_reference(self) -> bool:
        """Whether its rows are of the trial and of nobody in it."""
        return self.kind is DomainClass.TRIAL

    def records(self) -> list[Record]:
        """The rows by name."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self.measured.count

    @property
    def widths(self) -> Mapping[str, int]:
        """The length of the longest text of each variable, and at least one."""
        return self.measured.widths

    @cached_property
    def measured(self) -> Measured:
        """What is known of the rows: they are gone through once, if they were not before."""
        if self.size is not None:
            return self.size
        measured, rows = self.unmeasured(), iter(self.rows)
        while some := list(islice(rows, RECORDS_AT_ONCE)):
            measured.add(list(zip(*some, strict=True)))
        return measured

    def unmeasured(self) -> Measured:
        """To be told of the rows."""
        return Measured(self.names, [each.name for each in self.variables if each.kind is ValueKind.TEXT])


def rows_of(variables: Sequence[Variable], records: Callable[[], Iterable[Mapping[str, Value]]]) -> RecordRows:
    """The rows of these records, each in the order of the variables."""
    return RecordRows(tuple(variable.name for variable in variables), records)
