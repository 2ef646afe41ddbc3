"""A value set from a table of all 3,125 profiles, as crosswalks are published: CSV with the columns profile and index.

A semicolon may stand between the columns; the decimal sign is then the comma.
"""

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from types import MappingProxyType

from app.instruments.columns import standing_twice
from app.instruments.problems import BadValueSet
from app.instruments.value_set import ProfileTable, ValueSet, profiles

INDEX_NUMBER = re.compile(r"-?[0-9](\.[0-9]{1,10})?")
PROFILE = re.compile(r"[1-5]{5}")
VALUE_SET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)
UNEVEN = "has more cells than the first line; where the comma separates, the decimal sign is the point"
LOWEST, HIGHEST = Decimal(-2), Decimal(1)
BEST, WORST = "11111", "55555"
SHOWN = 20  # problems; a wrong file has thousands


def read_value_set_table(
    content: str | bytes, *, id: str, country: str, method: str, citation: str, doi: str, pmid: str = ""
) -> ValueSet:
    """The value set, or `BadValueSet` naming the lines and what is wrong with them."""
    if unnamed := list(_unnamed(id, country=country, method=method, citation=citation, doi=doi)):
        raise BadValueSet(id[:40], unnamed)
    try:
        values, problems = _read(_text(id, content))
    except csv.Error as error:
        raise BadValueSet(id, [f"the file is not CSV that can be read: {error}"]) from error
    if not problems:
        problems = [f"profile {profile} has no value" for profile in profiles() if profile not in values]
    if not problems and values[BEST] <= values[WORST]:
        problems = [f"profile {BEST} is not worth more than {WORST}"]
    if problems:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise BadValueSet(id, [*problems[:SHOWN], *more])
    return ValueSet(id, country, method, citation, doi, ProfileTable(MappingProxyType(values)), pmid)


def _unnamed(name: str, **about: str) -> Iterator[str]:
    """What does not say which value set this is, and from which paper."""
    if not VALUE_SET_NAME.fullmatch(name):
        yield "name: at most 40 letters and digits, with - . or _ between them"
    yield from (f"{key}: say it" for key, text in about.items() if not text.strip())


def _text(name: str, content: str | bytes) -> str:
    try:
        return content.decode("utf-8-sig") if isinstance(content, bytes) else content.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise BadValueSet(name, ["the file is not UTF-8 text; save it as CSV UTF-8"]) from error


def _read(text: str) -> tuple[dict[str, Decimal], list[str]]:
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    lines = csv.reader(StringIO(text), delimiter=delimiter)
    header = [name.strip().casefold() for name in next(lines, [])]
    if not {"profile", "index"} <= set(header):
        return {}, ["line 1: name the columns profile and index"]
    if twice := standing_twice(header):
        return {}, [f"line 1: {sentence}" for sentence in twice]
    columns = header.index("profile"), header.index("index")
    values: dict[str, Decimal] = {}
    problems = [
        f"line {lines.line_num}: {problem}"
        for row in lines
        if any(cell.strip() for cell in row)
        for problem in (
            [UNEVEN] if any(row[len(header) :]) else _take(row, columns, values, "," if delimiter == ";" else ".")
        )
    ]
    return values, problems


def _take(row: list[str], columns: tuple[int, int], values: dict[str, Decimal], sign: str) -> Iterator[str]:
    if len(row) <= max(columns):
        yield "has too few columns"
        return
    profile, number = row[columns[0]].strip(), row[columns[1]].strip().replace(sign, ".")
    if not PROFILE.fullmatch(profile):
        yield f"{profile[:20]!r} is not a profile of five levels 1 to 5, such as 12131"
    elif profile in values:
        yield f"profile {profile} comes twice"
    elif not INDEX_NUMBER.fullmatch(number) or not LOWEST <= Decimal(number) <= HIGHEST:
        yield f"{number[:20]!r} is not an index between {LOWEST} and {HIGHEST}"
    else:
        values[profile] = Decimal(number)
