"""How a study is conducted, as frozen values: its places, its texts, what becomes of answers, and safety."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from app.studies.protocol.choices import (
    BirthYear,
    Encoding,
    Holidays,
    LateAnswers,
    ReplyForm,
    Skipping,
    Summary,
    UnsentDrafts,
)
from app.studies.protocol.visits import Texts


@dataclass(frozen=True)
class PeriodBaseline:
    """The visit whose answer is the baseline of one period of a cross-over."""

    visit: str


@dataclass(frozen=True)
class BaselineRule:
    """Baseline is the last answer before an event took place, or that of a visit, or in each period, which is named for
    the event that begins it, that of its own visit; with none of these there is none."""

    last_before: str | None = None
    visit: str | None = None
    periods: Mapping[str, PeriodBaseline] | None = None

    def period_of(self, visit: str, event: str) -> str | None:
        """The period of a visit that is counted from `event`: the one whose baseline it is, else that of its event."""
        periods = self.periods or {}
        begun_from = next((name for name, base in periods.items() if base.visit == visit), event)
        return begun_from if begun_from in periods else None


@dataclass(frozen=True)
class SitePlan:
    """A hospital: `name` for staff, `sender` for patients, `phone` as E.164. What it says besides goes before what the
    protocol says: its country and zone, the language that most people speak there, whom to call in need."""

    code: str
    name: str
    sender: Texts
    phone: str
    country: str | None = None
    subdivision: str | None = None
    zone: str | None = None
    language: str | None = None
    urgent_help: Texts | None = None
    safety: SafetyPlan | None = None


NATIONAL = "national"
"""What stands in place of a part where only the public holidays of the whole country hold."""


@dataclass(frozen=True)
class Locality:
    """Whose telephone numbers and public holidays count: a country, and perhaps a part of it."""

    country: str
    subdivision: str | None


@dataclass(frozen=True)
class Sending:
    """Local hours of texts: invitations at `at`, nothing before `earliest` nor from `latest` on."""

    at: time
    earliest: time
    latest: time
    holidays: Holidays
    daily_cap: int
    answers_cap: int = 500
    """Texts a day that answer what patients write; they take no place of those that ask."""
    holidays_added: tuple[str, ...] = ()
    """Days that count as public holidays here, `2026-12-24`, or `12-24` for that of every year."""
    holidays_dropped: tuple[str, ...] = ()
    """Public holidays that are days like others here, written alike."""
    encoding: Encoding = Encoding.GSM7
    parts: int = 1
    """Of how many SMS a text may be, at its longest."""
    together: bool = False
    """Whether what one participant is asked at the same time goes into one text, with one link."""

    @property
    def waits_on_holidays(self) -> bool:
        return self.holidays is Holidays.WAIT


@dataclass(frozen=True)
class EmailWords:
    """What an e-mail has besides the text of its kind: its subject, and below it how to get no more of them."""

    subject: Texts
    footer: Texts


@dataclass(frozen=True)
class AnswerRules:
    """How empty, late and never sent answers are treated."""

    skipping: Skipping
    late: LateAnswers
    drafts: UnsentDrafts
    pause_days: int
    summary: Summary = Summary.NONE
    birth_year: BirthYear = BirthYear.NOT_ASKED

    @property
    def keeps_late(self) -> bool:
        """Whether what comes after closing is taken, as long as the grace lasts."""
        return self.late is LateAnswers.KEEP

    @property
    def asks_birth_year(self) -> bool:
        """Whether the year of birth is kept and asked, to notice a text that reached somebody else."""
        return self.birth_year is BirthYear.ASKED

    @property
    def keeps_drafts(self) -> bool:
        """Whether what was begun and never sent is kept as a partial response."""
        return self.drafts is UnsentDrafts.KEEP

    @property
    def refuses_gaps(self) -> bool:
        """Whether a visit with a required question left empty cannot be sent."""
        return self.skipping is Skipping.REFUSED


@dataclass(frozen=True)
class SmsReplies:
    """Whether short visits may be answered by reply, one question a text or all together, and in which words."""

    allowed: bool
    form: ReplyForm
    texts: Mapping[str, Texts]


@dataclass(frozen=True)
class SafetyPlan:
    """Who answers when a safety item is ticked, within what time, and the help shown on screen."""

    answered_by: str
    within_hours: int
    help: Texts
