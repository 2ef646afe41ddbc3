"""REDCap: the data dictionary (CSV) to one questionnaire a form, and events with their forms to a protocol's visits."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from app.instruments.columns import standing_twice
from app.instruments.importing.drafting import (
    LARGEST_NUMBER,
    QuestionnaireDraft,
    code_of,
    condition,
    dumped,
    plain_text,
    whole,
)
from app.instruments.importing.rearranging import as_matrix, show_answers
from app.instruments.problems import BadFolder

Row = dict[str, str]
SHEET_COLUMNS = {
    "variable / field name": "name", "form name": "form", "section header": "section", "field type": "type",
    "field label": "label", "choices, calculations, or slider labels": "choices", "field note": "note",
    "text validation type or show slider number": "validation", "text validation min": "low",
    "text validation max": "high", "identifier?": "identifier", "required field?": "required",
    "branching logic (show field only if...)": "logic", "matrix group name": "matrix", "field annotation": "annotation",
    "field_annotation": "annotation", "field_name": "name",
    "form_name": "form", "section_header": "section", "field_type": "type", "field_label": "label",
    "select_choices_or_calculations": "choices", "field_note": "note", "identifier": "identifier",
    "text_validation_type_or_show_slider_number": "validation", "text_validation_min": "low",
    "text_validation_max": "high", "branching_logic": "logic", "required_field": "required",
}  # fmt: skip
"""The columns as the page and as the API call them."""
NEEDED_HEADS = {"name", "form", "type", "label"}
CHECKBOX = re.compile(r"\[(\w+)\((-?\w+)\)\]")
FIELD = re.compile(r"\[(\w+)\]")
ANOTHER_EVENT = re.compile(r"\[[\w-]+\]\[\w+")
PIPE = re.compile(r"\[(\w+)(?::\w+)?\](?!\[)")
ACTION_TAG = re.compile(r"@[A-Z][A-Z0-9_-]+(?:\s*=\s*(?:'[^']*'|\"[^\"]*\"|[^\s@]+))?")
"""What REDCap does to a field: @HIDDEN, @DEFAULT='2', @NONEOFTHEABOVE."""
DECIMALS = re.compile(r"number_(\d)dp")


@dataclass
class _Forms:
    """Every form's draft, and what the names of the dictionary stand for; a name belongs to one form."""

    drafts: dict[str, QuestionnaireDraft]
    taken: dict[str, set[str]]
    items: dict[str, dict[str, str]]
    codes: dict[str, dict[tuple[str, str], tuple[str, int]]]
    language: str
    tables: dict[tuple[str, str], str] = field(default_factory=dict)

    def named(self, draft: QuestionnaireDraft) -> dict[str, str]:
        """The items of a form whose answers have words to show, by the name of their field."""
        boxes = {item["code"] for item in draft.items if item["type"] == "ticks"}
        return {name: code for name, code in self.items[draft.code].items() if code not in boxes}


def import_dictionary(content: bytes, language: str = "en") -> list[QuestionnaireDraft]:
    """A questionnaire for each form of the dictionary; BadFolder where the file is none."""
    forms = _Forms({}, {}, {}, {}, language)
    for number, row in _rows(content):
        draft = _draft(forms, row["form"])
        _take(forms, draft, row, f"line {number}")
    for (code, group), where in forms.tables.items():
        as_matrix(next(draft for draft in forms.drafts.values() if draft.code == code), group, where)
    for draft in forms.drafts.values():
        show_answers(draft, forms.named(draft), PIPE)
    return [draft for draft in forms.drafts.values() if draft.items]


def _draft(forms: _Forms, name: str) -> QuestionnaireDraft:
    if name not in forms.drafts:
        code = code_of(name, {draft.code for draft in forms.drafts.values()})
        forms.drafts[name] = QuestionnaireDraft(code, name)
        forms.taken[code], forms.items[code], forms.codes[code] = set(), {}, {}
        title = name.replace("_", " ").strip().capitalize()
        forms.drafts[name].say(forms.language, title, "title")
        forms.drafts[name].say(forms.language, title, "instruction")
    return forms.drafts[name]


def _rows(content: bytes) -> Iterator[tuple[int, Row]]:
    lines = csv.reader(StringIO(_text(content)))
    head = [SHEET_COLUMNS.get(name.strip().lower().strip('"'), "") for name in next(lines, [])]
    if missing := sorted(NEEDED_HEADS.difference(head)):
        raise BadFolder(
            "the data dictionary", [f"it has no column {name}; export it from REDCap as CSV" for name in missing]
        )
    if twice := standing_twice(head):
        raise BadFolder("the data dictionary", twice)
    for line in lines:
        row = {name: cell.strip() for name, cell in zip(head, line, strict=False) if name}
        if row.get("name"):
            yield lines.line_num, {**dict.fromkeys(SHEET_COLUMNS.values(), ""), **row}


def _named(content: bytes, name: str) -> Iterator[Row]:
    """The lines by the names of the first one."""
    lines = csv.DictReader(StringIO(_text(content)))
    if twice := standing_twice(lines.fieldnames or ()):
        raise BadFolder(name, twice)
    yield from lines


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFolder("the file", ["it is not UTF-8 text; save it as UTF-8"]) from error


def _take(forms: _Forms, draft: QuestionnaireDraft, row: Row, where: str) -> None:
    name, kind = row["name"], row["type"].lower()
    if row["identifier"].lower() == "y":
        draft.lose(where, f"{name} identifies somebody, and is no answer: it is left out")
        return
    if row["section"]:
        draft.lose(where, f"the heading above {name}: {plain_text(row['section'])[:80]}")
    if kind not in TAKERS:
        said = f": {row['choices'][:120]}" if kind == "calc" else ""
        draft.lose(where, f"{name}: {kind or 'no type'} has no counterpart here{said}")
        return
    code = code_of(name, forms.taken[draft.code])
    if code != name:
        draft.lose(where, f"{name} is called {code} here")
    for tag in ACTION_TAG.findall(row["annotation"]):
        draft.lose(where, f"{name}: {tag} has no counterpart here")
    TAKERS[kind](forms, draft, row, {"code": code}, where)


def _add(forms: _Forms, draft: QuestionnaireDraft, row: Row, item: dict[str, Any], where: str) -> None:
    if row["required"].lower() != "y":
        item["required"] = False
    _branch(forms, draft, row, item, where)
    draft.items.append(item)
    draft.say(forms.language, row["label"], "items", item["code"], "text")
    if row["note"]:
        draft.say(forms.language, row["note"], "items", item["code"], "help")
    forms.items[draft.code].setdefault(row["name"], item["code"])


def _branch(forms: _Forms, draft: QuestionnaireDraft, row: Row, item: dict[str, Any], where: str) -> None:
    if not row["logic"]:
        return
    logic = CHECKBOX.sub(r"\1(\2)", row["logic"]) if not ANOTHER_EVENT.search(row["logic"]) else "?"
    read = condition(FIELD.sub(r"\1", logic), forms.codes[draft.code], forms.items[draft.code])
    if read is None:
        draft.lose(where, f"{row['name']} is asked only where {row['logic']}: write it as `when`")
    else:
        item["when"] = read


def _choices(text: str) -> list[tuple[str, str]]:
    parts = [part.partition(",") for part in re.split(r"[|\n]", text) if part.strip()]
    return [(code.strip(), label.strip() or code.strip()) for code, _, label in parts]


def _choice(forms: _Forms, draft: QuestionnaireDraft, row: Row, item: dict[str, Any], where: str) -> None:
    answers = _choices(row["choices"])
    own = [whole(code) for code, _ in answers]
    if not answers:
        draft.lose(where, f"{row['name']} has no choices")
        return
    if any(code is None for code in own) or len(set(own)) < len(own):
        own = list(range(1, len(answers) + 1))
        coded = ", ".join(f"{name} = {number}" for number, (name, _) in enumerate(answers, 1))
        draft.lose(where, f"the answers of {row['name']} are not numbers; they are coded {coded}")
    options = [code for code in own if code is not None]
    if row["matrix"]:
        item["group"] = _table(forms, draft, row, where)
    _add(forms, draft, row, item | {"type": "choice", "options": options}, where)
    for code, (name, label) in zip(options, answers, strict=True):
        forms.codes[draft.code][row["name"], name] = (item["code"], code)
        draft.say(forms.language, label, "items", item["code"], "options", str(code))


def _table(forms: _Forms, draft: QuestionnaireDraft, row: Row, where: str) -> str:
    """The group of a matrix; the section above its first question is its heading."""
    group = re.sub(r"[^a-z0-9_]+", "_", f"m_{row['matrix'].lower()}")[:32]
    if group not in draft.groups:
        draft.groups[group] = {"code": group}
        draft.say(forms.language, row["section"] or row["matrix"], "groups", group)
        forms.tables[draft.code, group] = where
    return group


def _checkbox(forms: _Forms, draft: QuestionnaireDraft, row: Row, item: dict[str, Any], where: str) -> None:
    group = item["code"]
    draft.groups[group] = {"code": group, "layout": "ticks"}
    draft.say(forms.language, row["label"], "groups", group)
    for name, label in _choices(row["choices"]):
        tick = {"code": code_of(f"{group}_{name}", forms.taken[draft.code]), "type": "ticks", "group": group}
        _add(forms, draft, {**row, "label": label, "name": f"{row['name']}({name})"}, tick, where)
        forms.codes[draft.code][f"{row['name']}({name})", "1"] = (tick["code"], 1)


def _yes_no(forms: _Forms, draft: QuestionnaireDraft, row: Row, item: dict[str, Any], where: str) -> None:
    _add(forms, draft, row, item | {"type": "yesno"}, where)
    for code, text in (("1", "Yes"), ("0", "No")):
        draft.say(forms.language, text, "scales", "yesno", code)
        forms.codes[draft.code][row["name"], code] = (item["code"], int(code))
    if forms.language != "en":
        draft.lose(where, f"{row['name']}: yes and no stand in English; say them in {forms.language}")


def _slider(forms: _Forms, draft: QuestionnaireDraft, row: Row, item: dict[str, Any], where: str) -> None:
    low, high = whole(row["low"]) or 0, whole(row["high"]) or 100
    if (low, high) != (0, 100):
        draft.lose(where, f"the slider {row['name']} goes from {low} to {high}")
    _add(forms, draft, row, item | {"type": "vas", "minimum": low, "maximum": high}, where)
    labels = [label.strip() for label in row["choices"].split("|")]
    draft.say(forms.language, labels[0] or str(low), "items", item["code"], "low")
    draft.say(forms.language, labels[-1] or str(high), "items", item["code"], "high")
    if len(labels) > 2 and labels[1]:
        middle = (low + high) // 2
        draft.items[-1]["marks"] = [low, middle, high]
        for mark, label in ((low, labels[0]), (middle, labels[1]), (high, labels[-1])):
            draft.say(forms.language, label or str(mark), "items", item["code"], "marks", str(mark))


def _typed(forms: _Forms, draft: QuestionnaireDraft, row: Row, item: dict[str, Any], where: str) -> None:
    kind = row["validation"].lower()
    if kind.startswith("date_"):
        if row["low"] or row["high"]:
            draft.lose(where, f"the bounds of {row['name']} ({row['low']} to {row['high']}): write earliest and latest")
        _add(forms, draft, row, item | {"type": "date"}, where)
    elif kind.startswith("time"):
        _add(forms, draft, row, item | {"type": "time"}, where)
    elif kind == "integer" or kind.startswith("number"):
        decimals = DECIMALS.fullmatch(kind)
        places = int(decimals[1]) if decimals else 2 if kind == "number" else 0
        _number(forms, draft, row, item | ({"decimals": min(places, 3)} if places else {}), where)
    else:
        if kind:
            draft.lose(where, f"{row['name']}: the text is not held to {kind}")
        _add(forms, draft, row, item | {"type": "text"}, where)


def _number(forms: _Forms, draft: QuestionnaireDraft, row: Row, item: dict[str, Any], where: str) -> None:
    low, high = whole(row["low"]), whole(row["high"])
    if low is None or high is None:
        low, high = (0 if low is None else low), (LARGEST_NUMBER if high is None else high)
        draft.lose(where, f"{row['name']} has no whole bounds; it is held to {low} to {high}")
    _add(forms, draft, row, item | {"type": "number", "minimum": low, "maximum": high}, where)


TAKERS = {
    "radio": _choice,
    "dropdown": _choice,
    "checkbox": _checkbox,
    "yesno": _yes_no,
    "truefalse": _yes_no,
    "slider": _slider,
    "text": _typed,
    "notes": _typed,
}


def import_events(events: bytes, mapping: bytes, codes: dict[str, str]) -> tuple[str, list[str]]:
    """Visits and windows for a protocol, from the events of a project and the forms of each; and what is lost.

    `codes` are the questionnaires' codes by the name of their form.
    """
    lost: list[str] = []
    forms_at: dict[str, list[str]] = {}
    for row in _named(mapping, "the mapping of forms"):
        form, event = row.get("form", ""), row.get("unique_event_name", "")
        if form in codes:
            forms_at.setdefault(event, []).append(codes[form])
        else:
            lost.append(f"{event}: the form {form} is no questionnaire")
    visits: list[dict[str, Any]] = []
    windows: dict[str, dict[str, Any]] = {}
    planned = sorted(_named(events, "the list of events"), key=lambda row: whole(row.get("day_offset", "")) or 0)
    for row in planned:
        _visit(row, forms_at, visits, windows, lost)
    return dumped({"windows": windows, "visits": visits}), lost


def _visit(
    row: Row, forms_at: dict[str, list[str]], visits: list[dict[str, Any]], windows: dict[str, Any], lost: list[str]
) -> None:
    event, day = row.get("unique_event_name", ""), whole(row.get("day_offset", ""))
    if day is None or day < 0 or not forms_at.get(event):
        why = "has no day" if day is None else "lies before day 0" if day < 0 else "asks no questionnaire"
        lost.append(f"{event} {why}, and is no visit")
        return
    if any(visit["day"] == day for visit in visits):
        lost.append(f"{event} is on day {day}, which has a visit already: put their questionnaires together")
        return
    before, after = whole(row.get("offset_min", "")) or 0, whole(row.get("offset_max", "")) or 0
    name = f"from_{before}_to_{after}"
    windows[name] = {"opens": -before, "due": 0, "closes": after, "grace": 0, "reminders": []}
    visits.append({"code": f"d{day}", "day": day, "window": name, "minutes": 5, "instruments": forms_at[event]})
