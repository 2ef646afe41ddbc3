"""The shape of the protocol file: which names there are and what each takes; what it means is checked elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validates_schema

from app.studies.protocol import conduct, visits
from app.studies.protocol import definition as plan
from app.studies.protocol.choices import (
    BirthYear,
    Channel,
    Encoding,
    Holidays,
    LateAnswers,
    ReplyForm,
    Skipping,
    Summary,
    UnsentDrafts,
)
from app.studies.protocol.fields import (
    ARROW,
    CODE,
    EXAMPLE_PROTOCOL,
    LAST_DAY,
    ClosingField,
    LocalHour,
    Mapped,
    Switch,
    choice,
    day_of_year,
    listing,
    messages,
    text,
    texts,
    whole,
)
from app.studies.protocol.pins import Pin
from app.studies.protocol.suggestions import meant
from app.studies.texts import MOST_REMINDERS

SITE_CODE = r"[0-9]{2,3}"
COUNTRY = r"[A-Z]{2}"
SAFETY = "safety: {answered_by: The physician on call, within_hours: 24, help: {en: Call 113.}}"


class HelpfulSchema(Schema):
    """Refuses names that it does not know and says which were perhaps meant."""

    builds: ClassVar[type[Any] | None] = None
    error_messages = {  # noqa: RUF012 - the library's own way
        "type": f"has no names{ARROW}Write `name: value` pairs, as in {EXAMPLE_PROTOCOL}",
    }

    class Meta:
        unknown = EXCLUDE  # refused below, together with all other errors

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_unknown_names(self, data: Any, original: Any, **_: Any) -> None:
        if isinstance(original, Mapping) and (unknown := [name for name in original if name not in self.fields]):
            raise ValidationError({name: [f"is not known here{ARROW}{meant(name, self.fields)}"] for name in unknown})

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Any:
        frozen = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
        return self.builds(**frozen) if self.builds else frozen


def nested(schema: type[Schema], example: str) -> fields.Nested:
    """A part of the file with a schema of its own; every message shows the example."""
    return fields.Nested(schema, required=True, error_messages=messages(example))


class ReminderSchema(HelpfulSchema):
    builds = visits.ReminderPlan
    day = whole("day: 3", -LAST_DAY, LAST_DAY)
    at = LocalHour('at: "17:00"')


class WindowSchema(HelpfulSchema):
    opens = whole("opens: -2", -LAST_DAY, LAST_DAY)
    due = whole("due: 0", -LAST_DAY, LAST_DAY)
    closes = ClosingField("closes: 7")
    grace = whole("grace: 3", 0, 365)
    reminders = listing(
        nested(ReminderSchema, '{day: 3, at: "17:00"}'), '- {day: 3, at: "17:00"}', longest=MOST_REMINDERS, shortest=0
    )


class VisitSchema(HelpfulSchema):
    code = text("code: d28", CODE)
    day = whole("day: 28", 0, LAST_DAY)
    window = text("window: weekly", CODE)
    minutes = whole("minutes: 5", 1, 120)
    instruments = listing(text("odi", CODE), "instruments: [odi, nrs_lbp]")


class SafetySchema(HelpfulSchema):
    builds = conduct.SafetyPlan
    answered_by = text("answered_by: The study physician on call")
    within_hours = whole("within_hours: 24", 1, 168)
    help = texts("In an emergency call 113.")


class SitePlanSchema(HelpfulSchema):
    builds = conduct.SitePlan
    code = text('code: "01"', SITE_CODE)
    name = text("name: Oslo University Hospital")
    sender = texts("The research team in Oslo")
    phone = text('phone: "+47 21 23 45 61"')
    country = text("country: NO", COUNTRY, required=False)
    subdivision = text("subdivision: ENG", required=False)
    zone = text("zone: Europe/London", required=False)
    language = text("language: en", r"[a-z]{2,3}", required=False)
    urgent_help = texts("If you need urgent help, call 999.", required=False)
    safety = fields.Nested(SafetySchema, load_default=None, error_messages=messages(SAFETY))


class SendingSchema(HelpfulSchema):
    builds = conduct.Sending
    at = LocalHour('at: "09:00"')
    earliest = LocalHour('earliest: "08:00"')
    latest = LocalHour('latest: "20:00"')
    holidays = choice(Holidays)
    daily_cap = whole("daily_cap: 500", 1, 1_000_000)
    answers_cap = whole("answers_cap: 500", 1, 1_000_000, default=500)
    holidays_added = listing(day_of_year(), 'holidays_added: ["12-24"]', shortest=0, required=False)
    holidays_dropped = listing(day_of_year(), 'holidays_dropped: ["2027-05-17"]', shortest=0, required=False)
    encoding = choice(Encoding, default=Encoding.GSM7)
    parts = whole("parts: 1", 1, 6, default=1)
    together = Switch("together: true", required=False)


class AnswersSchema(HelpfulSchema):
    builds = conduct.AnswerRules
    skipping = choice(Skipping)
    late = choice(LateAnswers)
    drafts = choice(UnsentDrafts)
    pause_days = whole("pause_days: 1", 0, 14)
    summary = choice(Summary, default=Summary.NONE)
    birth_year = choice(BirthYear, default=BirthYear.NOT_ASKED)


class SmsRepliesSchema(HelpfulSchema):
    builds = conduct.SmsReplies
    allowed = Switch("allowed: false")
    form = choice(ReplyForm)
    texts = Mapped(texts("{sender}: Thank you. Received {at}."), "thanks: {nb: ..., en: ...}")


class EmailSchema(HelpfulSchema):
    builds = conduct.EmailWords
    subject = texts("Some questions for you")
    footer = texts("You wish for no more of these? {unsubscribe}")


class PinSchema(HelpfulSchema):
    builds = Pin
    version = text('version: "2.1b"', longest=20, required=False)
    sha256 = text("sha256: the one that flask instrument install tells", r"[0-9a-f]{64}", required=False)
    minimum_answered = whole("minimum_answered: 8", 1, 1000, required=False)
    wordings = Mapped(text('"2.0"', longest=40), 'wordings: {nb: "2.0"}', required=False, name=r"[a-z]{2,3}")


class ProtocolSchema(HelpfulSchema):
    study = text("study: backtobasic", CODE)
    version = text('version: "1.0"', r"[0-9A-Za-z][0-9A-Za-z.-]{0,19}")
    title = texts("A trial of two treatments")
    registrations = Mapped(text("NCT00000000"), "clinicaltrials.gov: NCT00000000", required=False)
    languages = listing(text("nb", r"[a-z]{2,3}"), "languages: [nb, en]")
    country = text("country: NO", COUNTRY)
    subdivision = text("subdivision: ENG", required=False)
    zone = text("zone: Europe/Oslo")
    urgent_help = texts("Your answers are not read at once. If you need urgent help, call 113.")
    safety = fields.Nested(SafetySchema, load_default=None, error_messages=messages(SAFETY))
    sites = listing(nested(SitePlanSchema, '- code: "01"'), '- code: "01"')
    anchor = text("anchor: first_dose", CODE)
    events = Mapped(texts("First dose"), "first_dose: {nb: Første dose, en: First dose}", name=CODE)
    windows = Mapped(
        nested(WindowSchema, "opens: 0"), "weekly: {opens: 0, due: 0, closes: 2, grace: 1, reminders: []}", name=CODE
    )
    visits = listing(nested(VisitSchema, "- code: d0"), "- code: d0", longest=500)
    primary_visit = text("primary_visit: d154", required=False)
    instruments = Mapped(
        fields.Nested(PinSchema, error_messages=messages('{version: "2.0"}')),
        'instruments: {odi: {version: "2.0", minimum_answered: 8}}',
        required=False,
        name=CODE,
    )
    value_sets = Mapped(
        listing(text("UK", longest=40), "[Sweden_2022, UK]", longest=10),
        "value_sets: {eq5d5l: [Sweden_2022, UK]}",
        required=False,
        name=CODE,
    )
    sending = nested(SendingSchema, 'sending: {at: "09:00", ...}')
    answers = nested(AnswersSchema, "answers: {late: keep, ...}")
    never_in_texts = listing(text("infliximab"), "never_in_texts: [infliximab]", shortest=0)
    sms_replies = fields.Nested(
        SmsRepliesSchema, load_default=None, error_messages=messages("sms_replies: {allowed: false, ...}")
    )
    channels = listing(choice(Channel), "channels: [email, sms]", longest=2, required=False)
    email = fields.Nested(
        EmailSchema, load_default=None, error_messages=messages("email: {subject: {en: ...}, footer: {en: ...}}")
    )
    messages = Mapped(texts("{sender}: We have some questions for you: {link}"), "invitation: {nb: ..., en: ...}")

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> plan.Protocol:
        windows = {name: _window(name, values, data["anchor"]) for name, values in data["windows"].items()}
        rules = tuple(visits.VisitRule(**{**visit, "window": windows[visit["window"]]}) for visit in data.pop("visits"))
        events = {
            kind: plan.EventPlan(title, recurs=kind != data["anchor"]) for kind, title in data.pop("events").items()
        }
        return assembled(data, events, windows, rules)


def assembled(
    data: dict[str, Any],
    events: Mapping[str, plan.EventPlan],
    windows: Mapping[str, visits.Window],
    rules: tuple[visits.VisitRule, ...],
) -> plan.Protocol:
    """The protocol, from its parts and whatever else the file says."""
    rest: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
    if "value_sets" in rest:
        rest["value_sets"] = {code: tuple(sets) for code, sets in rest["value_sets"].items()}
    own = {"event_plans": events, "windows": _in_order(windows, rules), "visit_rules": rules}
    return plan.Protocol(**{"registrations": {}, **rest, **own})


def _window(name: str, values: Mapping[str, Any], anchor: str) -> visits.Window:
    at_anchor = values["closes"] == anchor
    return visits.Window(
        name, **{**values, "closes": 0 if at_anchor else values["closes"]}, closes_with=anchor if at_anchor else None
    )


def _in_order(windows: Mapping[str, visits.Window], rules: Iterable[visits.VisitRule]) -> tuple[visits.Window, ...]:
    """As the visits use them, because JSONB does not keep the order of names."""
    used = {rule.window.name: rule.window for rule in rules if rule.window.name}
    return tuple({**used, **dict(sorted(windows.items()))}.values())
