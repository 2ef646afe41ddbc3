"""ODK's XLSForm: the sheets survey, choices and settings of a workbook, as its documentation describes them."""

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from app.instruments.importing.drafting import LARGEST_NUMBER, QuestionnaireDraft, code_of, condition, whole
from app.instruments.importing.rearranging import as_matrix, show_answers
from app.instruments.importing.workbooks import Row, sheets_of
from app.instruments.problems import BadFolder

META = ("start", "end", "today", "deviceid", "username", "phonenumber", "email", "audit", "simserial", "subscriberid")
LABEL = re.compile(r"(?P<column>label|hint|constraint_message|required_message)(::(?P<language>.+))?", re.IGNORECASE)
IN_BRACKETS = re.compile(r"\(([a-z]{2,3})\)")
BOUND = re.compile(r"\.\s*(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)")
PIPE = re.compile(r"\$\{(\w+)\}")
MOST_MARKS = 21


class _Form:
    """The form on its way in."""

    def __init__(self, code: str, choices: Mapping[str, list[Row]], language: str) -> None:
        self.draft = QuestionnaireDraft(code)
        self.choices, self.language = choices, language
        self.taken: set[str] = set()
        self.items: dict[str, str] = {}
        self.codes: dict[tuple[str, str], tuple[str, int]] = {}
        self.groups: list[tuple[str, str]] = []
        self.conditions: list[str] = []
        self.named: dict[str, str] = {}
        self.tables: dict[str, str] = {}

    def texts(self, row: Row, column: str) -> dict[str, str]:
        """By language, what stands in this column."""
        texts = {}
        for name, value in row.items():
            read = LABEL.fullmatch(name)
            if read and read["column"].lower() == column and value:
                texts[self.language_of(read["language"])] = value
        return texts

    def language_of(self, name: str | None) -> str:
        """`English (en)` is `en`."""
        read = IN_BRACKETS.search(name or "")
        return read[1] if read else self.language


def import_xlsform(content: bytes, code: str, language: str = "en") -> QuestionnaireDraft:
    """The questionnaire of a workbook; BadFolder where it is none."""
    sheets = sheets_of(content)
    if "survey" not in sheets:
        raise BadFolder("the workbook", ["it has no sheet named survey; XLSForm has survey, choices and settings"])
    choices: dict[str, list[Row]] = {}
    for row in sheets.get("choices", []):
        choices.setdefault(row.get("list_name") or row.get("list name", ""), []).append(row)
    form = _Form(code, choices, language)
    title = next((row["form_title"] for row in sheets.get("settings", []) if row.get("form_title")), code)
    for number, row in enumerate(sheets["survey"], 2):
        _take(form, row, f"survey row {number}")
    for group, where in form.tables.items():
        as_matrix(form.draft, group, where)
    show_answers(form.draft, form.named, PIPE)
    spoken = form.draft.words or {language: {}}
    for each in list(spoken):
        form.draft.say(each, title, "title")
        form.draft.words[each].setdefault("instruction", title)
    return form.draft


def _take(form: _Form, row: Row, where: str) -> None:
    kind, _, argument = row.get("type", "").partition(" ")
    name = row.get("name", "")
    kind = kind.replace("select1", "select_one")
    if kind in ("begin_group", "begin") and argument in ("", "group"):
        _begin(form, row, name, where)
    elif kind in ("end_group", "end") and argument in ("", "group"):
        form.groups, form.conditions = form.groups[:-1], form.conditions[:-1]
    elif kind == "note":
        _note(form, row, where)
    elif kind in META:
        return
    elif kind in TAKERS:
        item = {"code": code_of(name, form.taken)}
        if item["code"] != name:
            form.draft.lose(where, f"{name} is called {item['code']} here")
        TAKERS[kind](form, row, item, argument, where)
    else:
        form.draft.lose(where, f"{name or kind}: {kind} {argument}".rstrip() + " has no counterpart here")


def _begin(form: _Form, row: Row, name: str, where: str) -> None:
    group = code_of(name or "group", form.taken)
    if "table-list" in row.get("appearance", ""):
        form.tables[group] = where
    form.draft.groups[group] = {"code": group}
    for language, text in (form.texts(row, "label") or {form.language: name}).items():
        form.draft.say(language, text, "groups", group)
    form.groups.append((group, name))
    form.conditions.append(row.get("relevant", ""))


def _note(form: _Form, row: Row, where: str) -> None:
    texts = form.texts(row, "label")
    if form.draft.items:
        form.draft.lose(
            where, f"the note {row.get('name', '')} stands between questions, where there is no place for it"
        )
        return
    for language, text in texts.items():
        before = form.draft.words.get(language, {}).get("instruction", "")
        form.draft.say(language, f"{before}\n{text}".strip(), "instruction")


def _common(form: _Form, row: Row, item: dict[str, Any], where: str) -> dict[str, Any]:
    """What every question has: whether it must be answered, when it is asked, its words."""
    if row.get("required", "").lower() not in ("yes", "true", "true()", "1"):
        item["required"] = False
    when = [logic for logic in (*form.conditions, row.get("relevant", "")) if logic]
    if when:
        logic = " and ".join(when)
        read = condition(_plain_logic(logic), form.codes, form.items)
        if read is None:
            form.draft.lose(where, f"asked only where {logic}: write it as `when`")
        else:
            item["when"] = read
    if form.groups and "group" not in item:
        item["group"] = form.groups[-1][0]
    if item.get("type") != "ticks":
        form.named[row.get("name", "")] = item["code"]
    for language, text in (form.texts(row, "label") or {form.language: row.get("name", "")}).items():
        form.draft.say(language, text, "items", item["code"], "text")
    for language, text in form.texts(row, "hint").items():
        form.draft.say(language, text, "items", item["code"], "help")
    for column in ("calculation", "choice_filter", "default", "repeat_count"):
        if row.get(column):
            form.draft.lose(where, f"{column} of {row.get('name', '')}: {row[column]}")
    return item


def _plain_logic(logic: str) -> str:
    without = re.sub(r"selected\(\s*\$\{(\w+)\}\s*,\s*(['\"][^'\"]*['\"])\s*\)", r"\1 = \2", logic)
    return re.sub(r"\$\{(\w+)\}", r"\1", without)


def _answers(form: _Form, chosen: str, where: str) -> list[tuple[int, Row]]:
    """The choices of a list with their codes: their own where these are numbers, else counted from 1."""
    rows = form.choices.get(chosen, [])
    own = [whole(row.get("name", "")) for row in rows]
    if rows and all(code is not None for code in own) and len(set(own)) == len(own):
        return [(code, row) for code, row in zip(own, rows, strict=True) if code is not None]
    if rows:
        coded = ", ".join(f"{row.get('name', '')} = {number}" for number, row in enumerate(rows, 1))
        form.draft.lose(where, f"the answers of {chosen} are not numbers; they are coded {coded}")
    return list(enumerate(rows, 1))


def _select_one(form: _Form, row: Row, item: dict[str, Any], chosen: str, where: str) -> None:
    chosen = chosen.split(" ")[0]
    answers = _answers(form, chosen, where)
    if not answers:
        form.draft.lose(where, f"{row.get('name', '')}: there is no list of choices {chosen}")
        return
    item |= {"type": "choice", "options": [code for code, _ in answers]}
    form.draft.items.append(_common(form, row, item, where))
    form.items[row["name"]] = item["code"]
    for code, answer in answers:
        form.codes[row["name"], answer.get("name", "")] = (item["code"], code)
        for language, text in (form.texts(answer, "label") or {form.language: answer.get("name", "")}).items():
            form.draft.say(language, text, "items", item["code"], "options", str(code))


def _select_multiple(form: _Form, row: Row, item: dict[str, Any], chosen: str, where: str) -> None:
    group, answers = item["code"], form.choices.get(chosen.split(" ")[0], [])
    form.draft.groups[group] = {"code": group, "layout": "ticks"}
    for language, text in (form.texts(row, "label") or {form.language: row.get("name", "")}).items():
        form.draft.say(language, text, "groups", group)
    for answer in answers:
        tick = {"code": code_of(f"{group}_{answer.get('name', '')}", form.taken), "type": "ticks", "group": group}
        form.codes[row["name"], answer.get("name", "")] = (tick["code"], 1)
        labelled = {**answer, "name": answer.get("name", ""), "required": row.get("required", "")}
        form.draft.items.append(_common(form, {**labelled, "relevant": row.get("relevant", "")}, tick, where))


def _number(form: _Form, row: Row, item: dict[str, Any], kind: str, where: str) -> None:
    with_decimals = row["type"].startswith("decimal")
    low, high, exact = _bounds(row.get("constraint", ""), with_decimals)
    if low is None or high is None:
        low, high = (0 if low is None else low), (LARGEST_NUMBER if high is None else high)
        form.draft.lose(where, f"{row.get('name', '')} has no bounds; it is held to {low} to {high}")
    if not exact:
        form.draft.lose(where, f"the bounds of {row.get('name', '')} are made whole, and so wider: {low} to {high}")
    item |= {"type": "number", "minimum": low, "maximum": high}
    if with_decimals:
        item["decimals"] = 2
        form.draft.lose(where, f"{row.get('name', '')} takes two decimals")
    form.draft.items.append(_common(form, row, item, where))
    form.items[row["name"]] = item["code"]


def _bounds(constraint: str, with_decimals: bool) -> tuple[int | None, int | None, bool]:
    """The least and the greatest number, and whether they are those of the sheet: bounds here are whole.

    No number that the sheet takes is refused: of decimals `> 30` is from 30 on, of whole numbers from 31 on.
    """
    low = high = None
    exact = True
    for sign, number in BOUND.findall(constraint):
        bound = Decimal(number)
        floor, ceiling = (int(bound.to_integral_value(rounding)) for rounding in (ROUND_FLOOR, ROUND_CEILING))
        exact = exact and not (with_decimals and (floor != ceiling or sign in "<>"))
        if sign.startswith(">"):
            low = floor if with_decimals else floor + 1 if sign == ">" else ceiling
        else:
            high = ceiling if with_decimals else ceiling - 1 if sign == "<" else floor
    return low, high, exact


def _range(form: _Form, row: Row, item: dict[str, Any], _: str, where: str) -> None:
    given = dict(part.split("=", 1) for part in row.get("parameters", "").split() if "=" in part)
    low, high = whole(given.get("start", "1")), whole(given.get("end", "10"))
    if low is None or high is None or low >= high or given.get("step", "1") != "1":
        form.draft.lose(where, f"the range {row.get('name', '')} ({row.get('parameters', '')}) has steps other than 1")
        return
    marks = _marks(form, given, low, high)
    item |= {"type": "nrs" if high - low <= 10 and not marks else "vas", "minimum": low, "maximum": high}
    item |= {"marks": list(marks)} if marks else {}
    form.draft.items.append(_common(form, row, item, where))
    for mark, answer in marks.items():
        for language, text in form.texts(answer, "label").items():
            form.draft.say(language, text, "items", item["code"], "marks", str(mark))
    form.items[row["name"]] = item["code"]
    for language in list(form.draft.words):
        for end, number in (("low", low), ("high", high)):
            form.draft.say(language, str(number), "items", item["code"], end)


def _marks(form: _Form, given: Mapping[str, str], low: int, high: int) -> dict[int, Row]:
    """What stands along the line: a choice of `tick_labelset`, or nothing but numbers at each `tick_interval`."""
    every = whole(given.get("tick_interval", ""))
    marks: dict[int, Row] = {number: {} for number in range(low, high + 1, every)} if every and every > 0 else {}
    for row in form.choices.get(given.get("tick_labelset", ""), []):
        number = whole(row.get("name", ""))
        if number is not None and low <= number <= high:
            marks[number] = row
    return dict(sorted(marks.items())) if 2 <= len(marks) <= MOST_MARKS else {}


def _rank(form: _Form, row: Row, item: dict[str, Any], chosen: str, where: str) -> None:
    group, answers = item["code"], form.choices.get(chosen.split(" ")[0], [])
    form.draft.groups[group] = {"code": group, "layout": "ranking"}
    for language, text in (form.texts(row, "label") or {form.language: row.get("name", "")}).items():
        form.draft.say(language, text, "groups", group)
    for answer in answers:
        place = {"code": code_of(f"{group}_{answer.get('name', '')}", form.taken), "type": "rank", "group": group}
        labelled = {**answer, "name": place["code"], "required": row.get("required", "")}
        form.draft.items.append(_common(form, {**labelled, "relevant": row.get("relevant", "")}, place, where))


def _time(form: _Form, row: Row, item: dict[str, Any], _: str, where: str) -> None:
    form.draft.items.append(_common(form, row, item | {"type": "time"}, where))


def _text(form: _Form, row: Row, item: dict[str, Any], _: str, where: str) -> None:
    if "numbers" in row.get("appearance", ""):
        _number(form, {**row, "type": "integer"}, item, "", where)
        return
    form.draft.items.append(_common(form, row, item | {"type": "text"}, where))


def _date(form: _Form, row: Row, item: dict[str, Any], _: str, where: str) -> None:
    if row.get("constraint"):
        form.draft.lose(where, f"constraint of {row.get('name', '')}: {row['constraint']}; write earliest and latest")
    form.draft.items.append(_common(form, row, item | {"type": "date"}, where))


TAKERS = {
    "select_one": _select_one,
    "select_multiple": _select_multiple,
    "integer": _number,
    "decimal": _number,
    "range": _range,
    "text": _text,
    "date": _date,
    "time": _time,
    "rank": _rank,
}
