"""A trial as the standards see it: subjects, numbered visits, terms; days counted without a day zero."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from app.exports.in_step import by_participant
from app.exports.standards.domains import Value
from app.exports.standards.terms import Terms, terms
from app.exports.tables import Cell, Dataset

Row = Mapping[str, Cell]
OF_SUBJECT = (
    "site", "zone", "enrolled_on", "randomised_on", "anchor_on", "anchor_at", "treatment_stopped_on", "withdrawn_on",
    "left_as",
)  # fmt: skip
"""What is held of everybody."""
DAYS = {"DTC": "DY", "STDTC": "STDY", "ENDTC": "ENDY"}
"""What the study day of a date is called."""


@dataclass(frozen=True)
class Subject:
    """Somebody who takes part, with the day and instant from which her days are counted."""

    usubjid: str
    participant: str
    row: Row
    reference_on: date
    zone: ZoneInfo

    @property
    def anchor_at(self) -> datetime | None:
        """When her day 0 began, if it did."""
        at = self.row["anchor_at"]
        return at if isinstance(at, datetime) else None

    @property
    def exposed(self) -> str | None:
        """Date and time of her day 0: by the hour an answer of that day is before it or after it (`QSLOBXFL`)."""
        on, at = self.row["anchor_on"], self.anchor_at
        if at is None or self.local(at).date() != on:
            return on.isoformat() if isinstance(on, date) else None
        return f"{self.local(at):%Y-%m-%dT%H:%M:%S}"

    def day(self, on: date) -> int:
        """The study day: the reference day is 1, the day before it -1."""
        return _study_day(on, self.reference_on)

    def local(self, at: datetime) -> datetime:
        """What the clocks of her zone showed."""
        return at.astimezone(self.zone)

    def timing(self, at: Cell, prefix: str, ending: str = "DTC") -> dict[str, Value]:
        """Date, time and study day of an instant: both or neither."""
        if not isinstance(at, datetime):
            return {}
        shown, day = _moment(at, self.zone, self.reference_on)
        return {f"{prefix}{ending}": shown, f"{prefix}{DAYS[ending]}": day}


@dataclass(frozen=True)
class StandardTrial:
    """A night's data with what every standard asks of it, each said once."""

    data: Dataset

    @property
    def studyid(self) -> str:
        return self.data.study.upper()

    @cached_property
    def subjects(self) -> dict[str, Subject]:
        """Everybody, by pseudonym. Days count from day 0; where it did not take place, from enrolment."""
        return {str(row["participant"]): self._subject(row) for row in self.rows("participants")}

    @cached_property
    def visits(self) -> dict[str, tuple[int, int]]:
        """Number and planned day of each visit, by code: in the order of their days."""
        days = {str(row["visit"]): int(str(row["day"])) for row in self.rows("assessments")}
        days |= {visit.code: visit.day for visit in self.data.visits}
        in_order = sorted(days, key=lambda code: (days[code], code))
        return {code: (number, planned_day(days[code])) for number, code in enumerate(in_order, 1)}

    @cached_property
    def terms(self) -> Terms:
        """What each question and score is called."""
        return terms(self.data.instruments)

    def rows(self, name: str) -> Iterator[Row]:
        """The rows of a table, by the names of their columns, as they are read."""
        for part in self.data.parts(name):
            names = part.shape.names
            for row in zip(*part.cells, strict=True):
                yield dict(zip(names, row, strict=True))

    def by_subject(self, *names: str) -> Iterator[tuple[Subject, dict[str, list[Row]]]]:
        """Everybody, with her rows of each of these tables."""
        tables = {name: self.rows(name) for name in names}
        for code, rows in by_participant(self.subjects, tables, lambda row: str(row["participant"])):
            yield self.subjects[code], rows

    def place(self, visit: str) -> dict[str, Value]:
        """Number, name and planned day of a visit."""
        number, day = self.visits[visit]
        return {"VISITNUM": number, "VISIT": visit.upper(), "VISITDY": day}

    def _subject(self, row: Row) -> Subject:
        reference_on = row["anchor_on"] or row["enrolled_on"]
        assert isinstance(reference_on, date)
        code = str(row["participant"])
        of_her = {name: row[name] for name in OF_SUBJECT}
        return Subject(f"{self.studyid}-{code}", code, of_her, reference_on, ZoneInfo(str(row["zone"])))


@lru_cache(maxsize=1024)
def _moment(at: datetime, zone: ZoneInfo, reference_on: date) -> tuple[str, int]:
    """Date and time in the zone, and the study day: all answers of a visit ask for the same."""
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%dT%H:%M:%S}", _study_day(local.date(), reference_on)


def _study_day(on: date, reference_on: date) -> int:
    between = (on - reference_on).days
    return between + 1 if between >= 0 else between


def planned_day(day: int) -> int:
    """The planned study day of the plan's day: there is no day zero in CDISC."""
    return day + 1 if day >= 0 else day
