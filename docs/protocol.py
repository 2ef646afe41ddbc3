"""`python -m docs.protocol`: write docs/protocol.md, every key of the protocol file, from the schema that reads it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields

from app.studies.protocol import schema, visit_schema
from docs.protocol_meanings import MEANINGS, PARTS, WAYS

PAGE = Path(__file__).parent / "protocol.md"
EXAMPLE = Path(__file__).parent / "protocol_example.yaml"
HEAD = """# The protocol file

A study is one file: who is asked what, when, and in which words. `flask protocol check FILE` says everything that is
wrong with it at once, each with its line and what to write instead, and notes what is allowed and hardly meant, as a
reminder that can never leave; `flask protocol simulate FILE` shows every text of a whole cohort; `flask protocol diff
OLD NEW` says what an amendment changes; `flask protocol install FILE` makes it a version of its study. This page is
written from the schema that reads the file (`python -m docs.protocol`); a test holds that they agree, and that the
examples are read without an error.

A new version is in effect at once, at every site. Where approvals come country by country, `flask site follow STUDY
SITE VERSION --reason "..."` holds a site to the version approved there: whoever is enrolled there follows it, and
nobody of the site is moved to another, until the site follows that.

Write `format: 2` first. A file without it is of format 1, which knows one anchor, whole days and no titles; it is read
as it always was, gives the same plan to the minute, and keeps the hash that it was installed with. Nothing stored is
rewritten.

## A whole file

```yaml
{example}```

## Time

A stretch of time is a number and a unit: `4h`, `7d`, `2w`, `3m`, `5y`, with `+` or `-` before it where that reads
better. A bare number is days. Days, weeks, months and years go by the participant's calendar and keep their local hours
when clocks change; an hour is sixty minutes, also in that night. Three months after 30 November is the last day of
February, and the next quarter is counted from day 0 again, not from there.

A window by days opens with the midnight that begins its first day and closes with the midnight that ends its last; one
by hours opens and closes to the minute. Its visit then says from which hour: `at:`, `random:`, or a `day:` in hours
from an event that is noted with its hour.

## Events and anchors

Visits are counted from events. `enrolment` is always one and dates itself. Every other event is noted by staff, planned
first or when it has happened, and its visits follow at once; a day that moves takes them along, except what was opened
or answered. The study's own `anchor` is day 0 on the desk and in exports. An event that `recurs` opens its visits each
time: their codes carry its number, `flare-week.2`. One that was called off keeps its number, so no other visit changes
its name. `hour:` lets staff note the day alone. The name `randomisation` is known: its day is exported as the day of
randomisation. Format 1 has that event though no file names it: its day alone is noted, and counts from noon.

## Ways to say when

{ways}
"""
FOOT = """
## Format 1

The keys are the same, but for these. An event is its titles alone. Hours, `at`, titles, series, conditions and all that
follows another event than the anchor are not known.

"""


def page() -> str:
    """The page."""
    head = HEAD.format(example=EXAMPLE.read_text("utf-8"), ways="\n".join(_ways()))
    second = "\n".join(_table(title, visit_schema.SecondProtocolSchema, path) for title, path in PARTS)
    first = "\n".join(_table(title, schema.ProtocolSchema, path) for title, path in PARTS if path in FIRST)
    return f"{head}\n{second}{FOOT}{first}"


FIRST = (("windows",), ("windows", "reminders"), ("visits",))
"""Parts of the file that format 1 writes otherwise."""


def _ways() -> Iterator[str]:
    for sentence, visits in WAYS:
        yield f"{sentence}\n\n```yaml\n{visits}```\n"


def _table(title: str, of: type[Schema], path: tuple[str, ...]) -> str:
    """The keys of one part of the file, in the order of its schema."""
    part = _part(of(), path)
    lines = [f"### {title}", "", "| key | must | example | what it says |", "|---|---|---|---|"]
    for name, field in sorted(part.fields.items(), key=lambda key: key[0] != "format"):
        meaning = MEANINGS[".".join((*path, name))]
        lines.append(f"| `{name}` | {'yes' if field.required else '-'} | {_example(name, field)} | {meaning} |")
    return "\n".join(lines) + "\n"


def _part(part: Schema, path: tuple[str, ...]) -> Schema:
    for name in path:
        part = _inner(part.fields[name])
    return part


def _inner(field: fields.Field[Any]) -> Schema:
    """The schema of what a key holds: itself, each entry of a list, or each value of names of one's own."""
    if isinstance(field, fields.List):
        return _inner(field.inner)
    if isinstance(field, fields.Dict):
        assert field.value_field is not None
        return _inner(field.value_field)
    assert isinstance(field, fields.Nested)
    return field.schema


def _example(name: str, field: fields.Field[Any]) -> str:
    """What its own messages show; braces are doubled there for the library."""
    said = str(field.error_messages["null"]).replace("{{", "{").replace("}}", "}")
    if isinstance(field, fields.Enum):
        return " or ".join(f"`{name}: {word}`" for word in re.findall(r"`(\w+)`", said))
    shown = said[said.index("`") + 1 : said.rindex("`")]
    if shown.startswith("- "):
        return f"`{name}:`, then `{shown}`"
    return f"`{shown}`" if shown.startswith(f"{name}:") else f"`{name}: {{{shown}}}`"


def keys() -> Mapping[str, fields.Field[Any]]:
    """Every key of the file by its path, of both formats."""
    named: dict[str, fields.Field[Any]] = {}
    for of in (visit_schema.SecondProtocolSchema, schema.ProtocolSchema):
        for _, path in PARTS:
            if of is schema.ProtocolSchema and path not in ((), *FIRST):
                continue
            named |= {".".join((*path, name)): field for name, field in _part(of(), path).fields.items()}
    return named


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
