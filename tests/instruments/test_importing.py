"""Sheets of XLSForm, written from its documentation: what comes along, and what is listed as lost; names and rules."""

from collections.abc import Sequence
from io import BytesIO

import pytest
from openpyxl import Workbook

from app.instruments import Instrument, check_answers
from app.instruments.folders import read_files
from app.instruments.importing.drafting import QuestionnaireDraft, code_of, condition
from app.instruments.importing.xlsform import _bounds, import_xlsform
from app.instruments.problems import BadFolder

SURVEY = [
    ("type", "name", "label::English (en)", "label::Svenska (sv)", "hint::English (en)", "required", "relevant",
     "constraint", "appearance", "parameters", "calculation"),
    ("start", "start", "", "", "", "", "", "", "", "", ""),
    ("note", "intro", "About your knee.", "Om ditt knä.", "", "", "", "", "", "", ""),
    ("select_one yn", "hurts", "Does it hurt?", "Gör det ont?", "", "yes", "", "", "", "", ""),
    ("range", "pain", "How much?", "Hur mycket?", "0 is none", "yes", "${hurts} = 'yes'", "", "",
     "start=0 end=10 step=1", ""),
    ("begin_group", "days", "Your days", "Dina dagar", "", "", "${pain} > 3", "", "", "", ""),
    ("select_multiple where", "where", "Where?", "Var?", "", "", "", "", "", "", ""),
    ("integer", "hours", "How many hours?", "Hur många timmar?", "", "", "selected(${where}, 'home') or ${pain} >= 8",
     ". >= 0 and . <= 24", "", "", ""),
    ("end_group", "", "", "", "", "", "", "", "", "", ""),
    ("decimal", "weight", "Weight?", "Vikt?", "", "", "", "", "", "", ""),
    ("date", "since", "Since when?", "Sedan när?", "", "", "", "", "", "", ""),
    ("text", "more", "Anything else?", "Något annat?", "", "", "not(${hurts} = 'no')", "", "", "", ""),
    ("geopoint", "home", "Where do you live?", "Var bor du?", "", "", "", "", "", "", ""),
    ("calculate", "total", "", "", "", "", "", "", "", "", "${pain} + ${hours}"),
]  # fmt: skip
CHOICES = [
    ("list_name", "name", "label::English (en)", "label::Svenska (sv)"),
    ("yn", "yes", "Yes", "Ja"), ("yn", "no", "No", "Nej"),
    ("where", "home", "At home", "Hemma"), ("where", "work", "At work", "På arbetet"),
]  # fmt: skip
SETTINGS = [("form_title", "form_id"), ("The knee", "knee")]


Rows = Sequence[tuple[str, ...]]


def workbook(survey: Rows = SURVEY, choices: Rows = CHOICES) -> bytes:
    book = Workbook()
    book.remove(book["Sheet"])
    for name, rows in (("survey", survey), ("choices", choices), ("settings", SETTINGS)):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def whole_folder(draft: QuestionnaireDraft) -> Instrument:
    return read_files(draft.code, draft.files("1", "The sheet.")).instrument


XLSFORM = import_xlsform(workbook(), "knee")
KNEE = whole_folder(XLSFORM)


def test_an_xlsform_becomes_a_questionnaire_in_each_of_its_languages() -> None:
    assert KNEE.languages == ("en", "sv")
    assert KNEE.title("sv") == "The knee"
    assert KNEE.wording("sv").item("pain").text == "Hur mycket?"
    assert KNEE.wording("en").item("pain").help == "0 is none"
    assert KNEE.wording("en").instruction == "About your knee."
    assert [f"{item.code} {item.type}" for item in KNEE.items] == [
        "hurts choice", "pain nrs", "where_home ticks", "where_work ticks", "hours number", "weight number",
        "since date", "more text",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "surplus"),
    [
        ({"hurts": 1, "pain": 5, "where_home": 1, "hours": 3}, ()),
        ({"hurts": 2, "pain": 5}, ("pain",)),
        ({"hurts": 1, "pain": 2, "where_home": 1}, ("where_home",)),
    ],
)
def test_its_branching_leads_where_the_sheet_leads(answers: dict[str, object], surplus: tuple[str, ...]) -> None:
    assert check_answers(KNEE, answers).surplus == surplus


def test_its_bounds_are_those_of_the_constraint() -> None:
    assert (KNEE.item("hours").minimum, KNEE.item("hours").maximum) == (0, 24)
    assert (KNEE.item("pain").required, KNEE.item("hours").required) == (True, False)


BOUNDS = [
    # type, constraint, the least and the greatest, whether they are the sheet's own
    ("integer", ". >= 0 and . <= 24", 0, 24, True),
    ("integer", ". > 0 and . < 24", 1, 23, True),
    ("integer", ". >= 0.5 and .<=9.5", 1, 9, True),
    ("integer", ". > 0.5 and . < 9.5", 1, 9, True),
    ("integer", ". > -3 and . < -1", -2, -2, True),
    ("decimal", ". >= 30 and . <= 300", 30, 300, True),
    ("decimal", ". > 30 and . < 300", 30, 300, False),
    ("decimal", ". >= 0.5 and . <= 9.5", 0, 10, False),
    ("decimal", ". >= -0.5 and . <= 9", -1, 9, False),
]


@pytest.mark.parametrize(("kind", "constraint", "low", "high", "exact"), BOUNDS)
def test_no_number_that_a_sheet_takes_lies_outside_of_our_bounds(
    kind: str, constraint: str, low: int, high: int, exact: bool
) -> None:
    assert _bounds(constraint, kind == "decimal") == (low, high, exact)


@pytest.mark.parametrize(
    "lost",
    [
        "the answers of yn are not numbers; they are coded yes = 1, no = 2",
        "weight has no bounds; it is held to 0 to 9999",
        "asked only where not(${hurts} = 'no'): write it as `when`",
        "home: geopoint has no counterpart here",
        "total: calculate has no counterpart here",
        "asked only where ${pain} > 3 and selected(${where}, 'home') or ${pain} >= 8: write it as `when`",
    ],
)
def test_what_an_xlsform_says_and_we_cannot_is_listed_with_its_row(lost: str) -> None:
    (line_lost,) = [line for line in XLSFORM.unmapped if line.endswith(lost)]
    assert line_lost.startswith("survey row ")


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04broken"])
def test_what_is_no_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(BadFolder):
        import_xlsform(content, "knee")


def test_a_column_of_a_sheet_that_stands_twice_is_refused() -> None:
    survey = [(*SURVEY[0], "relevant"), *((*row, "") for row in SURVEY[1:])]
    with pytest.raises(BadFolder, match="the column relevant stands 2 times"):
        import_xlsform(workbook(survey=survey), "knee")


def test_a_workbook_without_a_survey_says_what_xlsform_is() -> None:
    out = BytesIO()
    Workbook().save(out)
    with pytest.raises(BadFolder, match="it has no sheet named survey"):
        import_xlsform(out.getvalue(), "knee")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("pain", "pain"),
        ("Pain_Now", "pain_now"),
        ("1st", "q_1st"),
        ("a-b c", "a_b_c"),
        ("ø", "q"),
        ("x" * 40, "x" * 32),
    ],
)
def test_a_name_becomes_a_code(name: str, code: str) -> None:
    assert code_of(name, set()) == code


def test_two_names_do_not_become_one_code() -> None:
    taken: set[str] = set()
    assert [code_of("x" * 40, taken), code_of("x" * 41, taken), code_of("x" * 32, taken)] == [
        "x" * 32, "x" * 30 + "_2", "x" * 30 + "_3",
    ]  # fmt: skip


CODES = {("a", "yes"): ("a", 1), ("a", "no"): ("a", 2)}


@pytest.mark.parametrize(
    ("logic", "read"),
    [
        ("a = 'yes'", {"item": "a", "equals": 1}),
        ("b > 3", {"item": "b", "above": 3}),
        ("b >= 3", {"item": "b", "above": 2}),
        ("b <= '3'", {"item": "b", "below": 4}),
        ("a = 'yes' and b < 3", {"all": [{"item": "a", "equals": 1}, {"item": "b", "below": 3}]}),
        ("a = 'yes' OR b < 3", {"any": [{"item": "a", "equals": 1}, {"item": "b", "below": 3}]}),
        ("a = 'yes' and b < 3 or b > 8", None),
        ("a != 'yes'", None),
        ("not(a = 'yes')", None),
        ("c = 1", None),
        ("b > 3.5", None),
        ("b > a", None),
        ("count(b) > 1", None),
    ],
)
def test_a_rule_of_branching_is_read_or_left(logic: str, read: object) -> None:
    assert condition(logic, CODES, {"a": "a", "b": "b"}) == read


MORE_SURVEY = [
    ("type", "name", "label", "appearance", "parameters"),
    ("text", "nick", "What do you call it?", "", ""),
    ("range", "sore", "How sore is ${nick}?", "", "start=0 end=100 step=1 tick_interval=50 tick_labelset=ends"),
    ("range", "tired", "How tired?", "", "start=0 end=4 step=1 tick_interval=2"),
    ("time", "bed", "When to bed?", "", ""),
    ("rank goals", "goals", "What matters?", "", ""),
    ("begin_group", "hard", "How hard is it?", "table-list", ""),
    ("select_one much", "stairs", "Stairs", "", ""),
    ("select_one much", "sitting", "Sitting", "", ""),
    ("end_group", "", "", "", ""),
    ("begin_group", "mixed", "And this?", "table-list", ""),
    ("select_one much", "lying", "Lying with ${nick} and ${nobody}", "", ""),
    ("integer", "count", "Counting", "", ""),
    ("end_group", "", "", "", ""),
]
MORE_CHOICES = [
    ("list_name", "name", "label"), ("ends", "50", "Half"), ("ends", "100", "Worst"), ("goals", "sleep", "Sleep"),
    ("goals", "work", "Work"), ("much", "0", "Not"), ("much", "1", "Very"),
]  # fmt: skip


def test_a_newer_xlsform_brings_marks_times_ranks_tables_and_answers_within_texts() -> None:
    draft = import_xlsform(workbook(survey=MORE_SURVEY, choices=MORE_CHOICES), "more")
    more = whole_folder(draft)
    kinds = [f"{item.code} {item.type}" for item in more.items]
    assert kinds == [
        "nick text", "sore vas", "tired vas", "bed time", "goals_sleep rank", "goals_work rank", "stairs choice",
        "sitting choice", "lying choice", "count number",
    ]  # fmt: skip
    words = more.wording("en")
    assert dict(words.item("sore").marks) == {0: "0", 50: "Half", 100: "Worst"}
    assert more.item("tired").marks == (0, 2, 4)
    assert words.item("sore").parts == (("How sore is ", ""), ("", "nick"), ("?", ""))
    assert words.item("lying").text == "Lying with … and …"
    layouts = {group.code: str(group.layout) for group in more.groups}
    assert layouts == {"goals": "ranking", "hard": "matrix", "mixed": "list"}
    assert [line.partition(": ")[2][:40] for line in draft.unmapped if "nobody" in line or "table" in line] == [
        "the table mixed has not one row of answe", "shows nobody, which cannot be shown ther",
    ]  # fmt: skip
