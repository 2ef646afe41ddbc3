"""A study as REDCap's clients know one: fields of forms, events, and which form belongs to which event.

A questionnaire is a form, a visit an event of the one arm; there is no treatment arm here. Who takes part stands on a
form of its own, at an event of its own. Names are what REDCap allows: small letters, digits and underscores.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from app.exports.codes import codes
from app.exports.tables import Dataset
from app.instruments import Instrument, Item
from app.instruments.model import ItemType

RECORD_ID = "record_id"
PERSON_FORM, PERSON_EVENT = "participant", "enrolment"
ARM = 1
DAY_CHECK, WHOLE_CHECK, NUMBER_CHECK = "date_ymd", "integer", "number"
VALIDATION = {
    ItemType.NRS: WHOLE_CHECK,
    ItemType.VAS: NUMBER_CHECK,
    ItemType.RANK: WHOLE_CHECK,
    ItemType.NUMBER: NUMBER_CHECK,
    ItemType.DATE: DAY_CHECK,
    ItemType.TIME: "time",
    ItemType.DURATION: WHOLE_CHECK,
}
PERSON_FIELDS = (
    (RECORD_ID, "participant", "", "Pseudonym"),
    ("site", "site", "", "Site"),
    ("enrolled_on", "enrolled_on", DAY_CHECK, "Enrolled"),
    ("randomised_on", "randomised_on", DAY_CHECK, "Randomised"),
    ("withdrawn_on", "withdrawn_on", DAY_CHECK, "Withdrew"),
)
"""The form of who takes part: field, column of the participants' table, validation, label."""


class FieldSource(NamedTuple):
    """Where the value of a field stands in the tables that leave."""

    table: str
    column: str
    instrument: str = ""
    item: str = ""
    value_set: str | None = None


@dataclass(frozen=True)
class RedcapField:
    """A field as the data dictionary names it."""

    name: str
    form: str
    label: str
    source: FieldSource
    type: str = "text"
    validation: str = ""
    least: str = ""
    most: str = ""
    choices: Mapping[str, str] | None = None
    note: str = ""


class RedcapEvent(NamedTuple):
    """A visit: its code, its name for programs, its name for people, and the forms that are asked there."""

    visit: str
    name: str
    label: str
    forms: tuple[str, ...]


@dataclass(frozen=True)
class RedcapDictionary:
    """All fields, forms and events of a study, in their order."""

    fields: tuple[RedcapField, ...]
    forms: Mapping[str, str]
    events: tuple[RedcapEvent, ...]

    @property
    def names(self) -> frozenset[str]:
        """Every field that may be asked for, with those that say how far a form has come."""
        return frozenset([*(field.name for field in self.fields), *(f"{form}_complete" for form in self.forms)])


def dictionary(data: Dataset, visits: Iterable[str]) -> RedcapDictionary:
    """The study's; `visits` are those that people have, which may be more than the plan names."""
    newest = {each.code: each for each in data.instruments}
    form_of = dict(zip(newest, unique([PERSON_FORM, *map(plain, newest)])[1:], strict=True))
    labels = {PERSON_FORM: "Participant"} | {form_of[code]: _title(each) for code, each in newest.items()}
    drafts = [*_person(), *(field for code, each in newest.items() for field in _of(each, form_of[code], data))]
    names = unique([field.name for field in drafts])
    fields = tuple(RedcapField(**(vars(field) | {"name": name})) for field, name in zip(drafts, names, strict=True))
    return RedcapDictionary(fields, labels, tuple(_events(data, visits, form_of)))


def plain(text: str) -> str:
    """A name that REDCap takes."""
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    return name if name[:1].isalpha() else f"f_{name}"


def unique(names: Iterable[str]) -> list[str]:
    """The same names, with a number where one comes again."""
    taken = list[str]()
    for name in names:
        number, free = 1, name
        while free in taken:
            number += 1
            free = f"{name}_{number}"
        taken.append(free)
    return taken


def _title(questionnaire: Instrument) -> str:
    language = "en" if "en" in questionnaire.languages else next(iter(questionnaire.languages), "")
    return questionnaire.title(language) if language else questionnaire.code


def _person() -> Iterator[RedcapField]:
    for name, column, validation, label in PERSON_FIELDS:
        yield RedcapField(name, PERSON_FORM, label, FieldSource("participants", column), validation=validation)


def _of(questionnaire: Instrument, form: str, data: Dataset) -> Iterator[RedcapField]:
    """The questions of a questionnaire, then its scores, one for each value set that was used."""
    meanings = {
        (str(row[3]), str(row[4])): row[6] or row[5]
        for row in codes(data).rows
        if row[0] == "answers" and row[2] == questionnaire.code
    }
    for item in questionnaire.items:
        yield _question(questionnaire, item, form, meanings)
    for score in questionnaire.scores:
        source = FieldSource("scores", "value", questionnaire.code, score.name)
        label = f"{_title(questionnaire)}: {score.name}"
        least, most = _end(score.minimum), _end(score.maximum)
        note = f"@READONLY score{f', {score.unit}' if score.unit else ''}"
        name = f"{form}_{plain(score.name)}_score"
        yield RedcapField(name, form, label, source, "text", NUMBER_CHECK, least, most, note=note)


def _question(
    questionnaire: Instrument, item: Item, form: str, meanings: Mapping[tuple[str, str], object]
) -> RedcapField:
    source, name = FieldSource("answers", "value", questionnaire.code, item.code), f"{form}_{plain(item.code)}"
    label = item.label or item.code.replace("_", " ")
    if item.type is ItemType.TEXT:
        return RedcapField(name, form, label, source, "notes")
    if item.codes and item.type not in VALIDATION:
        chosen = {str(code): str(meanings.get((item.code, str(code))) or code) for code in item.codes}
        return RedcapField(name, form, label, source, "radio", choices=chosen)
    least, most = _end(item.minimum), _end(item.maximum)
    validation, note = VALIDATION.get(item.type, ""), item.unit or ""
    return RedcapField(name, form, label, source, "text", validation, least, most, note=note)


def _end(bound: int | None) -> str:
    return "" if bound is None else str(bound)


def _events(data: Dataset, visits: Iterable[str], form_of: Mapping[str, str]) -> Iterator[RedcapEvent]:
    planned = {visit.code: visit.instruments for visit in data.visits}
    everything = tuple(form_of)
    every = planned | dict.fromkeys(sorted(set(visits) - planned.keys()), everything)
    names = unique([f"{PERSON_EVENT}_arm_{ARM}", *(f"{plain(visit)}_arm_{ARM}" for visit in every)])
    yield RedcapEvent("", names[0], PERSON_EVENT.capitalize(), (PERSON_FORM,))
    for (visit, forms), name in zip(every.items(), names[1:], strict=True):
        yield RedcapEvent(visit, name, visit, tuple(form_of[form] for form in forms if form in form_of))
