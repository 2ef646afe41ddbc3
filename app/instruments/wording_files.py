"""Licensed words from the files in which they come: CSV, JSON or a label sheet in .xlsx.

CSV has the columns `place` and `text`; JSON is an object of strings by place, flat or nested as in our own files. A
label sheet has a column of labels and one of texts; a label is a place, or the key of an item (`MO`, and `MO1` for its
first answer; `VAS0` and `VAS100` for the ends of a scale), or stands in `aliases`, label to place ("-" leaves it out).
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import PurePath

from app.instruments.columns import standing_twice
from app.instruments.label_sheet import read_sheet
from app.instruments.model import SCALES, Instrument
from app.instruments.problems import BadWording
from app.instruments.wording import Wording
from app.instruments.wording_building import Heading, build_wording
from app.instruments.wording_places import flatten, optional_places, required_places

LEFT_OUT = "-"
LINE_END = re.compile(r"(_x000D_|\r)?\n|\r")
"""Within a text; an .xlsx sheet may write the carriage return of another system out."""
LARGEST_FILE = 5_000_000  # bytes
LANGUAGE_CODE = re.compile(r"[a-z]{2}(-[A-Z]{2})?|[a-z]{3}")
LONGEST_VERSION = 40
UNEVEN = "has more cells than the first line; a text that holds the separator stands in quotes"
Rows = list[tuple[str, str]]


def read_wording(
    instrument: Instrument,
    filename: str,
    content: bytes,
    *,
    language: str,
    version: str,
    source: str,
    reviewed_by: str = "",
    aliases: Mapping[str, str] | None = None,
) -> Wording:
    """The wording in the file, complete and hashed, or `BadWording` with everything that is wrong with it."""
    subject = f"{instrument.code} in {language}"
    if unnamed := list(_unnamed(language, version, source)):
        raise BadWording(subject, unnamed)
    if len(content) > LARGEST_FILE:
        raise BadWording(subject, [f"{filename} is larger than {LARGEST_FILE} bytes"])
    kind = PurePath(filename).suffix.casefold()
    if kind == ".json":
        rows = _json_rows(subject, content)
    elif kind == ".csv":
        rows = _csv_rows(subject, content)
    elif kind == ".xlsx":
        rows = read_sheet(subject, content, language)
    else:
        raise BadWording(subject, [f"{filename}: give a .csv, .json or .xlsx file"])
    texts = _by_place(subject, instrument, rows, aliases or {})
    if kind == ".xlsx" and "title" not in texts and instrument.languages:
        texts["title"] = _own_title(instrument, language)
    return build_wording(instrument, Heading(language, version, False, source, reviewed_by), texts)


def _own_title(instrument: Instrument, language: str) -> str:
    """What the questionnaire is called here: a label sheet has no row for it."""
    return instrument.title(language if language in instrument.languages else instrument.languages[0])


def _unnamed(language: str, version: str, source: str) -> Iterator[str]:
    """What does not say which words these are, and whose."""
    if not LANGUAGE_CODE.fullmatch(language):
        yield f"{language[:20]!r} is not the code of a language, such as nb or en"
    if not 0 < len(version.strip()) <= LONGEST_VERSION or not version.isprintable():
        yield f"version: say it in at most {LONGEST_VERSION} characters, as the licence holder calls it"
    if not source.strip() or not source.isprintable():
        yield "source: say whose words these are, and by which licence"


def read_aliases(content: bytes) -> dict[str, str]:
    """Places by the label of a sheet, from a JSON object of strings."""
    subject = "the other labels"
    return dict(_json_rows(subject, content))


def label_places(instrument: Instrument) -> dict[str, str]:
    """Every label that is understood, in its plain form, with the place that it names."""
    places = (*required_places(instrument), *optional_places(instrument))
    return {**{_plain(place): place for place in places}, **dict(_item_labels(instrument))}


def _item_labels(instrument: Instrument) -> Iterator[tuple[str, str]]:
    for item in instrument.items:
        if item.label:
            label, path = _plain(item.label), f"items.{item.code}"
            yield label, f"{path}.text"
            yield from ((f"{label}{option.code}", f"{path}.options.{option.code}") for option in item.options)
            if item.type in SCALES:
                yield from ((f"{label}{item.minimum}", f"{path}.low"), (f"{label}{item.maximum}", f"{path}.high"))


def _plain(label: str) -> str:
    return re.sub(r"[\s._:-]+", "", label).casefold()


def _by_place(subject: str, instrument: Instrument, rows: Rows, aliases: Mapping[str, str]) -> dict[str, str]:
    place_of = {**label_places(instrument), **{_plain(label): place for label, place in aliases.items()}}
    texts: dict[str, str] = {}
    problems = []
    for label, text in rows:
        place = place_of.get(_plain(label))
        if place is None:
            problems.append(
                f"{label!r}: {instrument.code} has no such place; name its place, or {LEFT_OUT!r} to leave it out"
            )
        elif place in texts:
            problems.append(f"{label!r}: {place} is given twice")
        elif place != LEFT_OUT:
            texts[place] = LINE_END.sub("\n", text)
    if problems:
        raise BadWording(subject, problems)
    return texts


def _text(subject: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadWording(subject, ["the file is not UTF-8 text; save it as UTF-8"]) from error


def _json_rows(subject: str, content: bytes) -> Rows:
    try:
        words = json.loads(_text(subject, content), object_pairs_hook=_no_key_twice)
    except (ValueError, RecursionError) as error:
        raise BadWording(subject, [f"the file is not JSON that can be read: {error}"]) from error
    if not isinstance(words, dict):
        raise BadWording(subject, ["the file holds no object of strings by place"])
    return list(flatten(words).items())


def _no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = dict(pairs)
    if len(keys) < len(pairs):
        raise ValueError("a key comes twice")
    return keys


def _csv_rows(subject: str, content: bytes) -> Rows:
    text = _text(subject, content)
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    lines = csv.reader(StringIO(text), delimiter=delimiter)
    try:
        head = [name.strip().casefold() for name in next(lines, [])]
        if not {"place", "text"} <= set(head):
            raise BadWording(subject, ["name the columns of the first line place and text"])
        if twice := standing_twice(name for name in head if name in ("place", "text")):
            raise BadWording(subject, twice)
        numbered = [(lines.line_num, row) for row in lines if any(row)]
    except csv.Error as error:
        raise BadWording(subject, [f"line {lines.line_num} cannot be read: {error}"]) from error
    if uneven := [f"line {line}: {UNEVEN}" for line, row in numbered if any(row[len(head) :])]:
        raise BadWording(subject, uneven)
    full = [[*row, *[""] * len(head)] for _, row in numbered]
    place, words = head.index("place"), head.index("text")
    return [(row[place], row[words]) for row in full if row[place] or row[words]]
