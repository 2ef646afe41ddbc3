"""Rows about participants that a program is given are on the record, whichever endpoint gives them."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import g, request

from app.core.time import now
from app.exports.reads import note_read
from app.permitting import current_scope

SUBJECT = "participant"
"""What names whose row it is, in every schema."""


def note_rows(content: Mapping[str, Any]) -> None:
    """Note what this answer holds about participants; nothing of an answer about nobody."""
    asked_about = (request.view_args or {}).get("code")
    lists = [each for each in content.values() if isinstance(each, list)]
    rows = [content] if SUBJECT in content else [row for each in lists for row in each if isinstance(row, Mapping)]
    people = {str(row[SUBJECT]) for row in rows if row.get(SUBJECT)}
    if asked_about is not None and rows:
        people.add(str(asked_about))
    if people:
        note(what(), people, len(rows))


def note(kind: str, people: Iterable[str], rows: int) -> None:
    """Note so many rows about these people, given to the holder of this request's token."""
    token = g.token
    by, prefix = f"user:{token.user_id}", token.prefix
    note_read(current_scope(), kind, frozenset(people), rows, by=by, token_prefix=prefix, now=now())


def what() -> str:
    """What the address calls it: `answers`, `participants`."""
    rule = request.url_rule.rule if request.url_rule else ""
    return [part for part in rule.split("/") if part and not part.startswith("<")][-1]
