"""A protocol as frozen values: what the rest of the service asks when it plans, texts, shows and exports.

`to_dict` writes the same shape as the file, so a stored protocol can be read, compared and printed as one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass
from datetime import time
from enum import Enum
from functools import cached_property
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

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
from app.studies.protocol.pins import Pin

Texts = Mapping[str, str]
"""One text per language code."""


@dataclass(frozen=True)
class ReminderPlan:
    """A reminder `day` days from the visit's own day, at a local hour."""

    day: int
    at: time


@dataclass(frozen=True)
class Window:
    """Days relative to the visit's own day; `closes_at_anchor` means at the start of the anchor event on day 0."""

    name: str
    opens: int
    due: int
    closes: int
    closes_at_anchor: bool
    grace: int
    reminders: tuple[ReminderPlan, ...]


@dataclass(frozen=True)
class VisitPlan:
    """What is asked around one study day."""

    code: str
    day: int
    window: Window
    minutes: int
    instruments: tuple[str, ...]


@dataclass(frozen=True)
class SitePlan:
    """A hospital: `name` for staff, `sender` for patients, `phone` as E.164; its place where it is another than the
    protocol's."""

    code: str
    name: str
    sender: Texts
    phone: str
    country: str | None = None
    subdivision: str | None = None


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

    @property
    def waits_on_holidays(self) -> bool:
        return self.holidays is Holidays.WAIT


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


@dataclass(frozen=True)
class Protocol:
    """One version of a study's protocol."""

    study: str
    version: str
    title: Texts
    registrations: Mapping[str, str]
    languages: tuple[str, ...]
    country: str
    zone: str
    urgent_help: Texts
    safety: SafetyPlan | None
    sites: tuple[SitePlan, ...]
    anchor: str
    events: Mapping[str, Texts]
    windows: tuple[Window, ...]
    visits: tuple[VisitPlan, ...]
    sending: Sending
    answers: AnswerRules
    never_in_texts: tuple[str, ...]
    messages: Mapping[str, Texts]
    sms_replies: SmsReplies | None = None
    subdivision: str | None = None
    primary_visit: str | None = None
    """The visit that the trial is about: who is late for it is called first."""
    instruments: Mapping[str, Pin] = field(default_factory=dict)
    """The questionnaires as they are asked; complete in a protocol that is installed."""
    value_sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By questionnaire, the value sets that its scores are made with, the principal one first."""

    @property
    def default_language(self) -> str:
        return self.languages[0]

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def visit(self, code: str) -> VisitPlan:
        return next(visit for visit in self.visits if visit.code == code)

    def visit_title(self, code: str) -> str:
        """What staff call a visit: `day 28`. One that this version does not have goes by its code."""
        return next((f"day {visit.day}" for visit in self.visits if visit.code == code), code)

    def site(self, code: str) -> SitePlan:
        return next(site for site in self.sites if site.code == code)

    def place(self, code: str) -> Locality:
        """Where a site is. One that this version does not have is where the protocol is."""
        own = next((site for site in self.sites if site.code == code), None)
        abroad = own is not None and own.country not in (None, self.country)
        subdivision = (own and own.subdivision) or (None if abroad else self.subdivision)
        return Locality((own and own.country) or self.country, subdivision)

    def template(self, kind: str, language: str) -> str:
        """The text of a message, in the default language where the participant's own is not one of the protocol's."""
        return self._in(language, self.messages[kind])

    def reply_text(self, kind: str, language: str) -> str:
        """The same of a text of an exchange by SMS; KeyError where the protocol has none."""
        return self._in(language, self.sms_replies.texts[kind] if self.sms_replies else {})

    def language_for(self, *wishes: str | None) -> str:
        """The first of these languages that the protocol has, else its own first."""
        return next((wish for wish in wishes if wish in self.languages), self.default_language)

    def urgent_help_in(self, language: str) -> str:
        """What every page says to somebody who needs help at once."""
        return self._in(language, self.urgent_help)

    def safety_help_in(self, language: str) -> str:
        """What is said to somebody who may be in danger, where the protocol has safety items."""
        return self._in(language, self.safety.help) if self.safety else ""

    def _in(self, language: str, texts: Texts) -> str:
        return texts[language] if language in texts else texts[self.default_language]

    @cached_property
    def sha256(self) -> str:
        """Of the content, not of the file: comments and spaces do not make another protocol."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is allowed but worth a look before the protocol is installed."""
        unused = [w.name for w in self.windows if all(visit.window != w for visit in self.visits)]
        return (*overlaps(self.visits), *(f"The window {name} is used by no visit." for name in unused))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, in the shape of the file."""
        plain: dict[str, Any] = _plain(self)
        plain["windows"] = {window.pop("name"): window for window in map(_plain, self.windows)}
        for window in plain["windows"].values():
            if window.pop("closes_at_anchor"):
                window["closes"] = self.anchor
        for visit in plain["visits"]:
            visit["window"] = visit["window"]["name"]
        return {key: value for key, value in plain.items() if value is not None}


def overlaps(visits: tuple[VisitPlan, ...]) -> Iterator[str]:
    """Two visits that are open on the same day: two links at once, which is sometimes meant."""
    for first, second in combinations(visits, 2):
        opens, closes = second.day + second.window.opens, first.day + first.window.closes
        if opens <= closes:
            yield f"Visits {first.code} and {second.code} are both open from day {opens} to day {closes}."


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        said = (each for each in fields(value) if not _is_left_out(each, getattr(value, each.name)))
        return {each.name: _plain(getattr(value, each.name)) for each in said}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return value.strftime("%H:%M") if isinstance(value, time) else value


def _is_left_out(of: Field[Any], value: object) -> bool:
    """What a file need not say and does not say: a name that came later makes no other protocol of an older file."""
    return (value in (None, ()) and value == of.default) or (value == {} and of.default_factory is dict)
