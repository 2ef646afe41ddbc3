"""What there is of people, as REDCap's clients want it: a row for each person and event, or for each value."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.exports.redcap_dictionary import (
    NUMBER_CHECK,
    PERSON_FORM,
    RECORD_ID,
    RedcapDictionary,
    RedcapEvent,
    RedcapField,
)
from app.exports.tables import Cell, Dataset, Table

EVENT_NAME, GROUP = "redcap_event_name", "redcap_data_access_group"
GROUPED = "site_"
"""Before the code of a site, which is a data access group."""
COMPLETE, NOTHING = "2", "0"
Row = dict[str, str]


@dataclass(frozen=True)
class RedcapWish:
    """What was asked for; empty is everything."""

    records: Collection[str] = ()
    fields: Collection[str] = ()
    forms: Collection[str] = ()
    events: Collection[str] = ()
    labels: bool = False
    survey_fields: bool = False
    groups: bool = False
    blank_where_nothing: bool = False
    decimal_character: str = "."
    begin: datetime | None = None
    end: datetime | None = None


class KnownOfPerson(NamedTuple):
    """What there is of one person at one event: values by field, and when each form came."""

    values: dict[str, Cell]
    came_at: dict[str, datetime]


def columns(book: RedcapDictionary, wish: RedcapWish) -> list[str]:
    """The fields of a row after the person's, in the dictionary's order, each form followed by how far it has come."""
    chosen = list[str]()
    for form in book.forms:
        of_form = [each.name for each in book.fields if each.form == form and each.name != RECORD_ID]
        if wish.survey_fields and form != PERSON_FORM:
            of_form.insert(0, f"{form}_timestamp")
        of_form.append(f"{form}_complete")
        whole = form in wish.forms or not (wish.forms or wish.fields)
        chosen += [name for name in of_form if whole or name in wish.fields]
    return chosen


def flat(data: Dataset, book: RedcapDictionary, wish: RedcapWish) -> Iterator[Row]:
    """A row for each person and event of which there is anything, in the order of the plan."""
    wanted, by_field = columns(book, wish), {each.name: each for each in book.fields}
    sites = dict(
        zip(data.table("participants").column("participant"), data.table("participants").column("site"), strict=True)
    )
    for person, event, gathered in _known(data, book, wish):
        row = {RECORD_ID: person, EVENT_NAME: event.label if wish.labels else event.name}
        if wish.groups:
            row[GROUP] = f"{GROUPED}{sites[person]}"
        for name in wanted:
            row[name] = _written(name, event, gathered, by_field, wish, data.zone)
        yield row


def by_value(data: Dataset, book: RedcapDictionary, wish: RedcapWish) -> Iterator[Row]:
    """The same, one row for each value that there is."""
    for row in flat(data, book, wish):
        person, event = row.pop(RECORD_ID), row.pop(EVENT_NAME)
        pairs = {RECORD_ID: person, **row}
        for name, value in pairs.items():
            if value != "":
                yield {"record": person, EVENT_NAME: event, "field_name": name, "value": value}


def _known(data: Dataset, book: RedcapDictionary, wish: RedcapWish) -> Iterator[tuple[str, RedcapEvent, KnownOfPerson]]:
    events = [event for event in book.events if not wish.events or event.name in wish.events]
    gathered = _gathered(data, book)
    people = [str(person) for person in data.table("participants").column("participant")]
    for person in people:
        if (wish.records and person not in wish.records) or not _in_range(person, gathered, book, wish):
            continue
        for event in events:
            if (person, event.visit) in gathered:
                yield person, event, gathered[person, event.visit]


def _gathered(data: Dataset, book: RedcapDictionary) -> Mapping[tuple[str, str], KnownOfPerson]:
    """Everything by person and visit; of who takes part, by no visit."""
    gathered: dict[tuple[str, str], KnownOfPerson] = {}
    of_person = [each for each in book.fields if each.source.table == "participants"]
    people = data.table("participants")
    for row in _named(people):
        gathered[str(row["participant"]), ""] = KnownOfPerson(
            {each.name: row[each.source.column] for each in of_person}, {}
        )
    of_items = {(each.source.table, each.source.instrument, each.source.item): each for each in book.fields}
    for table, item in (("answers", "item"), ("scores", "score")):
        for row in _named(data.table(table)):
            each = of_items.get((table, str(row["instrument"]), str(row[item])))
            if each is not None:
                at = gathered.setdefault((str(row["participant"]), str(row["visit"])), KnownOfPerson({}, {}))
                if at.values.get(each.name) is None:
                    at.values[each.name] = row["value"]
                if isinstance(row["submitted_at"], datetime):
                    at.came_at[each.form] = row["submitted_at"]
    return gathered


def _named(table: Table) -> Iterable[dict[str, Cell]]:
    return (dict(zip(table.shape.names, row, strict=True)) for row in table.rows)


def _in_range(
    person: str, gathered: Mapping[tuple[str, str], KnownOfPerson], book: RedcapDictionary, wish: RedcapWish
) -> bool:
    """Whether anything of hers came within the range, if one was given."""
    if wish.begin is None and wish.end is None:
        return True
    begin, end = wish.begin or datetime.min.replace(tzinfo=UTC), wish.end or datetime.max.replace(tzinfo=UTC)
    hers = (gathered.get((person, event.visit)) for event in book.events)
    return any(begin < at < end for each in hers if each for at in each.came_at.values())


def _written(
    name: str,
    event: RedcapEvent,
    gathered: KnownOfPerson,
    by_field: Mapping[str, RedcapField],
    wish: RedcapWish,
    zone: str,
) -> str:
    if name.endswith("_timestamp") and name not in by_field:
        at = gathered.came_at.get(name.removesuffix("_timestamp"))
        return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}" if at else ""
    if name.endswith("_complete") and name not in by_field:
        form = name.removesuffix("_complete")
        if form not in event.forms and form not in gathered.came_at:
            return ""
        if wish.blank_where_nothing and form not in gathered.came_at and form != PERSON_FORM:
            return ""
        state = COMPLETE if form in gathered.came_at or form == PERSON_FORM else NOTHING
        return {COMPLETE: "Complete", NOTHING: "Incomplete"}[state] if wish.labels else state
    return _cell(gathered.values.get(name), by_field[name], wish)


def _cell(cell: Cell, of: RedcapField, wish: RedcapWish) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    text = f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
    if of.choices is not None:
        return of.choices.get(text, text) if wish.labels else text
    return text.replace(".", wish.decimal_character) if of.validation == NUMBER_CHECK else text
