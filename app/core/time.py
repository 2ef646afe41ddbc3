"""Instants are aware and UTC; only channels read the clock, and a rehearsal may move it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import BindParameter, DateTime, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class UTCDateTime(TypeDecorator[datetime]):
    """A column that takes aware instants only and gives them back in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; instants are aware and UTC")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)


_source: Callable[[], datetime] | None = None
_set_by = timedelta(0)


@dataclass(frozen=True)
class AnyNow:
    """`now` in a statement that is built once and asked at any time; or an instant so long before or after it.

    To build a long statement takes longer than to ask it. The instants are reckoned here: PostgreSQL would add seven
    days of the zone of its session, not a week.
    """

    after: timedelta = timedelta(0)

    def __add__(self, by: timedelta) -> "AnyNow":
        return AnyNow(self.after + by)

    def __sub__(self, by: timedelta) -> "AnyNow":
        return AnyNow(self.after - by)

    def __clause_element__(self) -> BindParameter[datetime]:
        return bindparam(self.name, type_=UTCDateTime())

    @property
    def name(self) -> str:
        """Of its parameter."""
        return f"now_and_{self.after}"


def instants(at: datetime, *after: timedelta) -> dict[str, datetime]:
    """The parameters of a statement with `AnyNow` and with instants so long after it (or before), asked at `at`."""
    return {AnyNow(by).name: at + by for by in (timedelta(0), *after)}


def in_utc(at: datetime) -> datetime:
    """An instant of somebody else's, who means UTC where no zone is said."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def now() -> datetime:
    """The present instant, for channels; everything else takes `now` as an argument."""
    return _source() if _source else datetime.now(UTC) + _set_by


def virtual_now() -> datetime | None:
    """The rehearsal's instant, if a rehearsal moves the clock; audit keeps it beside the true time."""
    return _source() if _source else None


@contextmanager
def moved_clock(source: Callable[[], datetime]) -> Iterator[None]:
    """Let the whole process see the clock of `source` (rehearsals only)."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before


@contextmanager
def machine_set_by(by: timedelta) -> Iterator[None]:
    """Let the whole process see a machine whose time is wrong, beside a database whose time is right (drills only)."""
    global _set_by
    before, _set_by = _set_by, by
    try:
        yield
    finally:
        _set_by = before
