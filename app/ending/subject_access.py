"""All that is held of one person, for her: every row that is hers, opened where it is closed, and what she answered.

Which tables hold something of people is found by their keys (`app.ending.belonging`), so none is forgotten. That it was
made is on the record as any opening of a contact is.
"""

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from sqlalchemy import Table, select

from app.core.audit import declaration
from app.core.crypto import keyring
from app.core.database import db
from app.core.problems import Conflict
from app.core.sealed_columns import SealedColumn
from app.core.sealed_columns import columns as sealed_columns
from app.ending import belonging
from app.ending.archiving import responses_of, write_paper
from app.exports.trail import EntryFilter, trail_csv
from app.participants.contacting import disclose
from app.participants.models import Participant
from app.studies.access import Scope

Record = dict[str, Any]
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{code}</title>
<style>body{{font:15px/1.5 sans-serif;margin:2rem}}table{{border-collapse:collapse;margin-bottom:1rem}}
td,th{{border:1px solid #999;padding:.2rem .5rem;text-align:left;vertical-align:top}}</style>
<h1>What is held of {code} in {study}</h1>
<p>Made on {on} UTC. Each table below is one kind of record, each line one record; times are UTC. What was answered is
in <code>answered/</code>, a PDF a visit, in the words that were shown; every change of these records is in
<code>changes.csv</code>; the same as data for a machine is in <code>records.json</code>.</p>
{tables}</html>
"""


def report(participant: Participant, folder: Path, reason: str, now: datetime) -> list[str]:
    """Write all that is held of her into `folder`, which must be new; returns which kinds of record there were."""
    if folder.exists():
        raise Conflict(f"{folder} is there already. Name a new folder.")
    disclose(participant, declaration()["actor"], reason, now)
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    held = {table.name: rows for table in belonging.tables_of_people() if (rows := _rows(table, participant.id))}
    words = {"code": participant.code, "study": escape(participant.study.title), "on": f"{now:%Y-%m-%d %H:%M}"}
    tables = "".join(_table(name, rows) for name, rows in held.items())
    (part / "index.html").write_text(PAGE.format(**words, tables=tables), "utf-8")
    records = json.dumps(held, ensure_ascii=False, indent=1, default=str)
    (part / "records.json").write_text(records + "\n", "utf-8")
    for response in responses_of(Participant.id == participant.id):
        write_paper(response, part / "answered")
    scope = Scope(participant.study, (participant.site_id,), frozenset(), whole=False)
    with (part / "changes.csv").open("w", encoding="utf-8", newline="") as file:
        file.writelines(trail_csv(scope, EntryFilter(participant=participant.code)))
    part.rename(folder)
    return list(held)


def _rows(table: Table, participant_id: int) -> list[Record]:
    closed = {each.column.name: each for each in sealed_columns() if each.table is table}
    left_out = {each.column.info["fingerprint"] for each in closed.values()} | _secrets(table, closed)
    query = select(table).where(belonging.of_participant(table, participant_id)).order_by(table.c.id)
    return [dict(_fields(row, table, closed, left_out)) for row in db.session.execute(query)]


def _secrets(table: Table, closed: dict[str, SealedColumn]) -> set[str]:
    """Columns that tell nothing of her: what numbers are found by, and hashes of a PIN."""
    return {name for name in table.info.get("hidden", ()) if name not in closed}


def _fields(row: Any, table: Table, closed: dict[str, SealedColumn], left_out: set[str]) -> Iterator[tuple[str, Any]]:
    for column in table.columns:
        value = row._mapping[column]
        if column.name in left_out or value is None or value == b"":
            continue
        if column.name in closed:
            yield column.name.removesuffix("_sealed"), closed[column.name].opened(row, keyring())
        else:
            yield column.name, value.hex() if isinstance(value, bytes) else value


def _table(name: str, rows: list[Record]) -> str:
    heads = list(dict.fromkeys(head for row in rows for head in row))
    head = "".join(f"<th>{escape(each)}" for each in heads)
    lines = "".join("<tr>" + "".join(f"<td>{escape(str(row.get(each, '')))}" for each in heads) for row in rows)
    return f"<h2>{escape(name.replace('_', ' '))}</h2>\n<table><tr>{head}{lines}</table>\n"
