"""The shape of a protocol of format 2 where it differs from the first: events, windows and the rules of visits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from app.studies.protocol import conduct, visits
from app.studies.protocol import definition as plan
from app.studies.protocol.fields import (
    ARROW,
    CODE,
    LocalHour,
    Mapped,
    Switch,
    choice,
    listing,
    messages,
    text,
    texts,
    whole,
)
from app.studies.protocol.known_events import ENROLMENT
from app.studies.protocol.schema import SITE_CODE, HelpfulSchema, ProtocolSchema, assembled, nested
from app.studies.protocol.visit_fields import DaysField, HoursField, NamesField, SpanField
from app.studies.texts import MOST_REMINDERS

STRETCH = 'random: {earliest: "09:00", latest: "19:00", times: 3}'
MEASURE = r"[a-z][a-z0-9_-]{0,31}\.[a-z][a-z0-9_-]{0,39}"
FARTHEST = 1_000_000
OWN_WINDOW = ("opens", "due", "closes", "grace", "reminders")
"""What a visit says of its window where it names none."""


class EventPlanSchema(HelpfulSchema):
    builds = plan.EventPlan
    title = texts("Surgery")
    recurs = Switch("recurs: true", required=False)
    hour = LocalHour('hour: "08:00"', required=False)


class SpanReminderSchema(HelpfulSchema):
    builds = visits.ReminderPlan
    day = SpanField("day: 3")
    at = LocalHour('at: "17:00"', required=False)


REMINDER_LIST = listing(
    nested(SpanReminderSchema, '{day: 3, at: "17:00"}'),
    '- {day: 3, at: "17:00"}',
    longest=MOST_REMINDERS,
    shortest=0,
    required=False,
)


class SpanWindowSchema(HelpfulSchema):
    opens = SpanField("opens: -2d", default=0)
    due = SpanField("due: 0", default=None)
    closes = SpanField("closes: +4h", besides="an event")
    grace = SpanField("grace: 3d", shortest=0, default=0)
    reminders = REMINDER_LIST


class StretchSchema(HelpfulSchema):
    builds = visits.DayStretch
    earliest = LocalHour('earliest: "09:00"')
    latest = LocalHour('latest: "21:00"')
    times = whole("times: 3", 1, 12, default=1)


class VisitConditionSchema(HelpfulSchema):
    builds = visits.VisitCondition
    happened = text("happened: surgery", CODE, required=False)
    not_happened = text("not_happened: surgery", CODE, required=False)
    score = text("score: odi.odi", MEASURE, required=False)
    answer = text("answer: odi.lifting", MEASURE, required=False)
    visit = text("visit: start", required=False)
    at_least = whole("at_least: 40", -FARTHEST, FARTHEST, required=False)
    at_most = whole("at_most: 20", -FARTHEST, FARTHEST, required=False)
    among = listing(whole("4", -FARTHEST, FARTHEST), "among: [4, 5]", required=False)

    @validates_schema(skip_on_field_errors=True)
    def says_what_it_is_of(self, data: dict[str, Any], **_: Any) -> None:
        named = [name for name in ("score", "answer") if data.get(name)]
        limits = [name for name in ("at_least", "at_most", "among") if data.get(name) is not None]
        if len(named) > 1:
            remedy = "Write a visit for each, or one of the two"
            raise ValidationError({"answer": [f"stands beside `score`{ARROW}{remedy}"]})
        if bool(named) != bool(limits) or (data.get("visit") and not named):
            remedy = "Write, for example, `{score: odi.odi, visit: start, at_least: 40}`"
            place = (named or limits or ["visit"])[0]
            raise ValidationError({place: [f"says only half of a condition{ARROW}{remedy}"]})
        if not data:
            raise ValidationError(f"says nothing{ARROW}Write, for example, `only_if: {{happened: surgery}}`")


class VisitRuleSchema(HelpfulSchema):
    code = text("code: week-4", CODE)
    title = Mapped(text("Four weeks"), "title: {en: Four weeks}", required=False)
    after = NamesField("after: surgery")
    day = SpanField("day: 28", default=0)
    every = SpanField("every: 3m", shortest=0, default=None)
    until = SpanField("until: 5y", default=None)
    days = DaysField()
    at = HoursField()
    random = fields.Nested(StretchSchema, load_default=None, error_messages=messages(STRETCH))
    window = text("window: weekly", CODE, required=False)
    opens = SpanField("opens: -2d", default=None)
    due = SpanField("due: 0", default=None)
    closes = SpanField("closes: +4h", besides="an event", default=None)
    grace = SpanField("grace: 3d", shortest=0, default=None)
    reminders = REMINDER_LIST
    minutes = whole("minutes: 5", 1, 120)
    instruments = listing(text("odi", CODE), "instruments: [odi, nrs_lbp]")
    sites = NamesField('sites: ["01"]', SITE_CODE)
    only_if = fields.Nested(
        VisitConditionSchema, load_default=None, error_messages=messages("only_if: {happened: flare}")
    )
    opened_by = choice(visits.OpenedBy, required=False)

    @validates_schema(skip_on_field_errors=False)
    def has_one_window(self, data: dict[str, Any], **_: Any) -> None:
        own = [name for name in OWN_WINDOW if data.get(name) is not None]
        if data.get("window") and own:
            raise ValidationError(
                {own[0]: [f"stands beside `window`{ARROW}Write it in that window, or name no window"]}
            )

    @validates_schema(skip_on_field_errors=True)
    def has_an_end(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("window") and data.get("closes") is None:
            raise ValidationError({"window": [f"is missing{ARROW}Write `window: weekly`, or `closes: +4h`"]})


class PeriodBaselineSchema(HelpfulSchema):
    builds = conduct.PeriodBaseline
    visit = text("visit: week-0", CODE)


class BaselineSchema(HelpfulSchema):
    builds = conduct.BaselineRule
    last_before = text("last_before: surgery", CODE, required=False)
    visit = text("visit: week-0", CODE, required=False)
    periods = Mapped(
        nested(PeriodBaselineSchema, "first_period: {visit: week-0}"),
        "first_period: {visit: week-0}",
        required=False,
        name=CODE,
    )

    @validates_schema(skip_on_field_errors=True)
    def says_one_thing(self, data: dict[str, Any], **_: Any) -> None:
        if len([name for name in data.values() if name]) != 1:
            remedy = "Write `last_before: surgery` or `visit: week-0`, `periods:` in a cross-over, or `none`"
            raise ValidationError(f"says not one thing{ARROW}{remedy}")


class BaselineField(fields.Nested):
    """The rule, or the word `none`."""

    def __init__(self) -> None:
        example = "baseline: {last_before: surgery}"
        super().__init__(BaselineSchema, load_default=None, error_messages=messages(example))

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, partial: Any = None, **_: Any
    ) -> Any:
        return conduct.BaselineRule() if value == plan.NO_BASELINE else super()._deserialize(value, attr, data)


class SecondProtocolSchema(ProtocolSchema):
    """Format 2."""

    format = whole("format: 2", 2, 2)
    anchor = text("anchor: surgery", CODE, required=False)
    events = Mapped(
        nested(EventPlanSchema, "surgery: {title: {en: Surgery}}"),
        "surgery: {title: {en: Surgery}}",
        required=False,
        name=CODE,
    )
    windows = Mapped(nested(SpanWindowSchema, "closes: 7d"), "weekly: {closes: 2d}", required=False, name=CODE)
    baseline = BaselineField()
    visits = listing(nested(VisitRuleSchema, "- code: week-4"), "- code: week-4", longest=500)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> plan.Protocol:
        data.setdefault("anchor", ENROLMENT)
        windows = {name: window_of(name, values) for name, values in data.pop("windows", {}).items()}
        rules = tuple(_rule(visit, windows) for visit in data.pop("visits"))
        return assembled(data, data.pop("events", {}), windows, rules)


def window_of(name: str, said: Mapping[str, Any]) -> visits.Window:
    """A window; without a day on which it is due, it is due when it closes."""
    closes = said["closes"]
    closes_with = closes if isinstance(closes, str) else None
    closes = 0 if closes_with else closes
    due, reminders = said.get("due"), tuple(said.get("reminders") or ())
    opens, grace = said.get("opens") or 0, said.get("grace") or 0
    return visits.Window(name, opens, closes if due is None else due, closes, closes_with, grace, reminders)


def _rule(said: dict[str, Any], windows: Mapping[str, visits.Window]) -> visits.VisitRule:
    named = said.pop("window", None)
    own = {name: said.pop(name, None) for name in OWN_WINDOW}
    said["instruments"] = tuple(said["instruments"])
    return visits.VisitRule(**said, window=windows[named] if named else window_of("", own))
