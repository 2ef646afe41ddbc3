"""A protocol as frozen values: what the rest of the service asks when it plans, texts, shows and exports.

`to_dict` writes the same shape as the file, so a stored protocol can be read, compared and printed as one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from functools import cached_property
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from app.studies.health_words import without_stems
from app.studies.protocol.choices import Channel
from app.studies.protocol.conduct import (
    NATIONAL,
    AnswerRules,
    BaselineRule,
    EmailWords,
    Locality,
    SafetyPlan,
    Sending,
    SitePlan,
    SmsReplies,
)
from app.studies.protocol.known_events import ENROLLED, ENROLMENT, RANDOMISATION, RANDOMISED, RANDOMISED_AT
from app.studies.protocol.overlapping import overlaps
from app.studies.protocol.pins import Pin
from app.studies.protocol.plain_values import plain
from app.studies.protocol.visits import Texts, VisitPlan, VisitRule, Window, base_code, occasion, planned_by
from app.studies.texts import REMINDER_TEXTS

MOST_NOTES = 50
NO_BASELINE = "none"
NO_HEALTH_WORDS = "No words of illness are known in {}: let somebody who speaks it read its texts for them."

ONLY_NATIONAL = "Only public holidays of the whole country hold at {}: on those of its parts texts leave as on any day."


@dataclass(frozen=True)
class EventPlan:
    """Something that can happen to a participant: once, unless it `recurs`. One that is dated by its day alone counts
    as having happened at `hour`."""

    title: Texts
    recurs: bool = False
    hour: time | None = None


@dataclass(frozen=True)
class Protocol:
    """One version of a study's protocol, of either format: what format 1 cannot say has the meaning that it had there.

    `visits` are the single visits for which the rules of the file stand.
    """

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
    event_plans: Mapping[str, EventPlan]
    windows: tuple[Window, ...]
    visit_rules: tuple[VisitRule, ...]
    sending: Sending
    answers: AnswerRules
    never_in_texts: tuple[str, ...]
    messages: Mapping[str, Texts]
    sms_replies: SmsReplies | None = None
    channels: tuple[Channel, ...] = ()
    """By what patients are written to, the first that works; SMS alone where nothing is said."""
    email: EmailWords | None = None
    subdivision: str | None = None
    primary_visit: str | None = None
    """The visit that the trial is about: who is late for it is called first."""
    format: int | None = None
    """2; nothing in a file of the first format."""
    baseline: BaselineRule | None = None
    """Nothing where baseline is the last answer before the anchor."""
    instruments: Mapping[str, Pin] = field(default_factory=dict)
    """The questionnaires as they are asked; complete in a protocol that is installed."""
    value_sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By questionnaire, the value sets that its scores are made with, the principal one first."""

    @cached_property
    def visits(self) -> tuple[VisitPlan, ...]:
        """Each visit by itself; where a rule stands for several, they come in its place."""
        return tuple(visit for rule in self.visit_rules for visit in planned_by(rule))

    @cached_property
    def _visits_by_code(self) -> Mapping[str, VisitPlan]:
        return {visit.code: visit for visit in self.visits}

    @cached_property
    def events(self) -> Mapping[str, Texts]:
        """What each event is called, enrolment first where it is one."""
        own = {kind: event.title for kind, event in self.event_plans.items()}
        if self.randomised_by_day:
            return {**own, RANDOMISATION: RANDOMISED}
        return {ENROLMENT: ENROLLED, **own} if self.format else own

    @property
    def randomised_by_day(self) -> bool:
        """Whether randomisation is an event that the file does not name, and is noted by its day: so in format 1."""
        return not self.format and RANDOMISATION not in self.event_plans

    @property
    def noted_events(self) -> Mapping[str, Texts]:
        """Those of the file that staff note: all but enrolment, which dates itself."""
        own = self.event_plans.keys() - ({ENROLMENT} if self.format else set())
        return {kind: texts for kind, texts in self.events.items() if kind in own}

    def event(self, kind: str) -> EventPlan:
        """What is known of an event beforehand; KeyError for one that the protocol does not have."""
        if kind == ENROLMENT and kind not in self.event_plans and self.format:
            return EventPlan(ENROLLED)
        if kind == RANDOMISATION and self.randomised_by_day:
            return EventPlan(RANDOMISED, hour=RANDOMISED_AT)
        return self.event_plans[kind]

    def anchor_of(self, visit: VisitPlan) -> str:
        """The event from which the visit's day is counted."""
        return visit.anchor or self.anchor

    @cached_property
    def dating_events(self) -> frozenset[str]:
        """The events from which visits are counted."""
        return frozenset(self.anchor_of(visit) for visit in self.visits if visit.opened_by is None)

    @property
    def default_language(self) -> str:
        return self.languages[0]

    @property
    def ways(self) -> tuple[Channel, ...]:
        """By what patients are written to, in the order in which it is tried."""
        return self.channels or (Channel.SMS,)

    def email_words(self, language: str) -> tuple[str, str]:
        """Subject and footer of an e-mail; nothing where the protocol writes none."""
        return (
            (self._in(language, self.email.subject), self._in(language, self.email.footer)) if self.email else ("", "")
        )

    @property
    def zone_info(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def visit(self, code: str) -> VisitPlan:
        """The visit of this code, be it the first of a participant or that after her third flare; KeyError if none."""
        return self._visits_by_code[base_code(code)]

    def has_visit(self, code: str) -> bool:
        return base_code(code) in self._visits_by_code

    def visit_title(self, code: str, language: str = "en") -> str:
        """What staff call a visit: its title, else `day 28`. One that this version does not have goes by its code."""
        if not self.has_visit(code):
            return code
        visit, number = self.visit(code), occasion(code)
        after = self.event_title(visit.anchor, language) if visit.anchor else None
        title = self._in(language, visit.title) if visit.title else visit.when_after(after)
        return f"{title} ({number})" if number else title

    def event_title(self, kind: str, language: str = "en") -> str:
        """What an event is called; one that this version does not have goes by its name."""
        texts = self.events.get(kind)
        return texts.get(language) or texts.get(self.default_language) or texts.get("en") or kind if texts else kind

    def site(self, code: str) -> SitePlan:
        return next(site for site in self.sites if site.code == code)

    def _own(self, code: str | None) -> SitePlan | None:
        return next((site for site in self.sites if site.code == code), None)

    def place(self, code: str) -> Locality:
        """Where a site is. One that this version does not have is where the protocol is."""
        own, part = self._own(code), self._part(code)
        return Locality((own and own.country) or self.country, None if part == NATIONAL else part)

    def _part(self, code: str) -> str | None:
        own = self._own(code)
        abroad = own is not None and own.country not in (None, self.country)
        return (own and own.subdivision) or (None if abroad else self.subdivision)

    def zone_at(self, code: str) -> str:
        """Where the people of a site live, unless it is said of one of them."""
        own = self._own(code)
        return (own and own.zone) or self.zone

    @property
    def zones(self) -> tuple[str, ...]:
        """Where people of its sites live."""
        return tuple(dict.fromkeys(self.zone_at(site.code) for site in self.sites))

    def language_at(self, code: str) -> str:
        """What the people of a site speak, unless it is said of one of them."""
        own = self._own(code)
        return (own and own.language) or self.default_language

    def safety_at(self, code: str) -> SafetyPlan | None:
        """Who answers at a site when somebody may be in danger, and what is said on screen."""
        own = self._own(code)
        return (own and own.safety) or self.safety

    def template(self, kind: str, language: str) -> str:
        """The text of a message, in the default language where the participant's own is not one of the protocol's.

        A third reminder, or a later one, that has no text of its own says what the one before it does.
        """
        return self._in(language, self.messages[self._text_of(kind)])

    def _text_of(self, kind: str) -> str:
        """Its own, or that of the reminder before it that has one."""
        if kind in REMINDER_TEXTS:
            return next((k for k in REMINDER_TEXTS[: REMINDER_TEXTS.index(kind) + 1][::-1] if k in self.messages), kind)
        return kind

    def reply_text(self, kind: str, language: str) -> str:
        """The same of a text of an exchange by SMS; KeyError where the protocol has none."""
        return self._in(language, self.sms_replies.texts[kind] if self.sms_replies else {})

    def language_for(self, *wishes: str | None) -> str:
        """The first of these languages that the protocol has, else its own first."""
        return next((wish for wish in wishes if wish in self.languages), self.default_language)

    def urgent_help_in(self, language: str, site: str | None = None) -> str:
        """What every page says to somebody who needs help at once, where she lives."""
        own = self._own(site)
        return self._in(language, (own and own.urgent_help) or self.urgent_help)

    def safety_help_in(self, language: str, site: str) -> str:
        """What is said to somebody who may be in danger, where there are safety items."""
        safety = self.safety_at(site)
        return self._in(language, safety.help) if safety else ""

    def _in(self, language: str, texts: Texts) -> str:
        return texts[language] if language in texts else texts[self.default_language]

    @cached_property
    def sha256(self) -> str:
        """Of the content, not of the file: comments and spaces do not make another protocol."""
        canonical = json.dumps(self._written, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is allowed but worth a look before the protocol is installed."""
        used = {rule.window.name for rule in self.visit_rules}
        unused = [f"The window {w.name} is used by no visit." for w in self.windows if w.name not in used]
        both_open = list(islice(overlaps(self.visits), MOST_NOTES + 1))
        more = ("More visits than these are open on the same day.",) if len(both_open) > MOST_NOTES else ()
        national = [site.code for site in self.sites if self._part(site.code) == NATIONAL]
        days = [ONLY_NATIONAL.format(", ".join(national))] if national and self.sending.waits_on_holidays else []
        unread = [NO_HEALTH_WORDS.format(language) for language in without_stems(self.languages)]
        return (*both_open[:MOST_NOTES], *more, *unused, *days, *unread)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, in the shape of the file."""
        return dict(self._written)

    @cached_property
    def _written(self) -> Mapping[str, Any]:
        written: dict[str, Any] = plain(self)
        written["windows"] = {window.name: _window(window) for window in self.windows}
        written["visits"] = [_visit(rule) for rule in self.visit_rules]
        events = written.pop("event_plans")
        written["events"] = events if self.format else {kind: event["title"] for kind, event in events.items()}
        del written["visit_rules"]
        if written.get("baseline") == {}:
            written["baseline"] = NO_BASELINE
        return {key: value for key, value in written.items() if value is not None}


def _window(window: Window) -> dict[str, Any]:
    written: dict[str, Any] = plain(window)
    closes_with = written.pop("closes_with")
    written["closes"] = closes_with or written["closes"]
    del written["name"]
    return written


def _visit(rule: VisitRule) -> dict[str, Any]:
    written: dict[str, Any] = plain(rule)
    if rule.window.name:
        return {**written, "window": rule.window.name}
    del written["window"]
    return {**written, **_window(rule.window)}
