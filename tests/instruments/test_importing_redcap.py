"""Dictionaries of REDCap, written from its documentation: what comes along, and what is listed as lost."""

import csv
from io import StringIO

import pytest

from app.instruments import check_answers
from app.instruments.importing.redcap import import_dictionary, import_events
from app.instruments.problems import BadFolder
from app.yaml_files import read_yaml
from tests.instruments.test_importing import whole_folder

HEAD = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)",
    "Required Field?",
)  # fmt: skip
FIELDS = [
    ("record_id", "demographics", "", "text", "Study ID", "", "", "", "", "", "", "", ""),
    ("phone", "demographics", "", "text", "Phone", "", "", "phone", "", "", "y", "", ""),
    ("sex", "demographics", "", "radio", "<b>Sex</b>", "1, Female | 2, Male", "", "", "", "", "", "", "y"),
    ("pregnant", "demographics", "", "yesno", "Pregnant?", "", "", "", "", "", "", "[sex] = '1'", ""),
    ("age", "demographics", "", "text", "Age", "", "In years", "integer", "18", "99", "", "", "y"),
    ("weight", "demographics", "", "text", "Weight", "", "", "number_1dp", "30", "250", "", "", ""),
    ("seen", "demographics", "", "text", "Last visit", "", "", "date_dmy", "", "", "", "", ""),
    ("pain", "symptoms", "Your pain", "slider", "Pain now", "None | | Worst", "", "", "", "", "", "", "y"),
    ("drugs", "symptoms", "", "checkbox", "Which drugs?", "1, Paracetamol | 2, Ibuprofen | nsaid, Other",
     "", "", "", "", "", "[pain] > 30", ""),
    ("dose", "symptoms", "", "text", "Dose", "", "", "integer", "", "", "",
     "[drugs(2)] = '1' or [drugs(nsaid)] = '1'", ""),
    ("why", "symptoms", "", "notes", "Why?", "", "", "", "", "", "", "[pain] > 3 and ([age] < 40 or [sex] = '1')", ""),
    ("bmi", "symptoms", "", "calc", "BMI", "round([weight]/2,1)", "", "", "", "", "", "", ""),
    ("photo", "symptoms", "", "file", "A photo", "", "", "", "", "", "", "", ""),
]  # fmt: skip


def dictionary(head: tuple[str, ...] = HEAD) -> bytes:
    out = StringIO()
    csv.writer(out).writerows([head, *FIELDS])
    return out.getvalue().encode("utf-8-sig")


DRAFTS = {draft.code: draft for draft in import_dictionary(dictionary())}
SYMPTOMS, DEMOGRAPHICS = whole_folder(DRAFTS["symptoms"]), whole_folder(DRAFTS["demographics"])


def test_a_dictionary_becomes_a_questionnaire_for_each_form() -> None:
    assert [f"{item.code} {item.type}" for item in DEMOGRAPHICS.items] == [
        "record_id text", "sex choice", "pregnant yesno", "age number", "weight number", "seen date",
    ]  # fmt: skip
    assert [f"{item.code} {item.type}" for item in SYMPTOMS.items] == [
        "pain vas", "drugs_1 ticks", "drugs_2 ticks", "drugs_nsaid ticks", "dose number", "why text",
    ]  # fmt: skip
    assert SYMPTOMS.wording("en").groups == {"drugs": "Which drugs?"}
    assert DEMOGRAPHICS.wording("en").item("sex").text == "Sex"
    assert DEMOGRAPHICS.wording("en").item("age").help == "In years"
    assert (SYMPTOMS.wording("en").item("pain").low, SYMPTOMS.wording("en").item("pain").high) == ("None", "Worst")


@pytest.mark.parametrize(
    ("answers", "surplus"),
    [
        ({"pain": 50, "drugs_2": 1, "dose": 3}, ()),
        ({"pain": 50, "drugs_nsaid": 1, "dose": 3}, ()),
        ({"pain": 50, "drugs_1": 1, "dose": 3}, ("dose",)),
        ({"pain": 30, "drugs_1": 1}, ("drugs_1",)),
    ],
)
def test_redcap_s_branching_leads_alike(answers: dict[str, object], surplus: tuple[str, ...]) -> None:
    assert check_answers(SYMPTOMS, answers).surplus == surplus


@pytest.mark.parametrize(
    ("form", "lost"),
    [
        ("demographics", "phone identifies somebody, and is no answer: it is left out"),
        ("symptoms", "the heading above pain: Your pain"),
        ("symptoms", "why is asked only where [pain] > 3 and ([age] < 40 or [sex] = '1'): write it as `when`"),
        ("symptoms", "bmi: calc has no counterpart here: round([weight]/2,1)"),
        ("symptoms", "photo: file has no counterpart here"),
        ("symptoms", "dose has no whole bounds; it is held to 0 to 9999"),
    ],
)
def test_what_redcap_says_and_we_cannot_is_listed_with_its_line(form: str, lost: str) -> None:
    (line_lost,) = [line for line in DRAFTS[form].unmapped if line.endswith(lost)]
    assert line_lost.startswith("line ")


@pytest.mark.parametrize(
    ("annotation", "tags"),
    [
        ("@HIDDEN", ["@HIDDEN"]),
        ("@DEFAULT='2' @READONLY", ["@DEFAULT='2'", "@READONLY"]),
        ('asked twice; @DEFAULT = "a b" @NONEOFTHEABOVE=99', ['@DEFAULT = "a b"', "@NONEOFTHEABOVE=99"]),
        ("@TODAY-UTC", ["@TODAY-UTC"]),
        ("mail me @ noon, or a@b.no", []),
    ],
)
def test_what_redcap_would_do_to_a_field_is_listed(annotation: str, tags: list[str]) -> None:
    head = "Variable / Field Name,Form Name,Field Type,Field Label,Field Annotation"
    quoted = annotation.replace('"', '""')
    (draft,) = import_dictionary(f'{head}\nseen,visit,text,Seen,"{quoted}"\n'.encode())
    said = [line for line in draft.unmapped if "has no counterpart here" in line]
    assert said == [f"line 2: seen: {tag} has no counterpart here" for tag in tags]


def test_a_file_that_is_no_dictionary_is_told_what_it_lacks() -> None:
    with pytest.raises(BadFolder, match="it has no column form; export it from REDCap as CSV"):
        import_dictionary(b"Variable / Field Name,Field Type,Field Label\na,text,b\n")


def test_a_column_that_stands_twice_could_be_read_in_two_ways() -> None:
    head = "Variable / Field Name,Form Name,Field Type,Field Label"
    with pytest.raises(BadFolder, match="the column label stands 2 times"):
        import_dictionary(f"{head},Field Label\na,f,text,One,Two\n".encode())
    with pytest.raises(BadFolder, match="the column form stands 2 times"):
        import_events(EVENTS, MAPPING.replace(b"arm_num", b"form", 1), {"demographics": "demographics"})
    with pytest.raises(BadFolder, match="the column day_offset stands 2 times"):
        import_events(EVENTS.replace(b"arm_num", b"day_offset", 1), MAPPING, {"demographics": "demographics"})


def test_the_dictionary_of_the_api_is_read_alike() -> None:
    of_api = (
        "field_name", "form_name", "section_header", "field_type", "field_label", "select_choices_or_calculations",
        "field_note", "text_validation_type_or_show_slider_number", "text_validation_min", "text_validation_max",
        "identifier", "branching_logic", "required_field",
    )  # fmt: skip
    assert [draft.items for draft in import_dictionary(dictionary(of_api))] == [
        draft.items for draft in DRAFTS.values()
    ]


EVENTS = b"""event_name,arm_num,day_offset,offset_min,offset_max,unique_event_name
Screening,1,-14,0,0,screening_arm_1
Baseline,1,0,3,0,baseline_arm_1
Week 4,1,28,2,7,week_4_arm_1
Month 6,1,180,7,14,month_6_arm_1
Also week 4,1,28,0,0,again_arm_1
"""
MAPPING = b"""arm_num,unique_event_name,form
1,screening_arm_1,symptoms
1,baseline_arm_1,demographics
1,baseline_arm_1,symptoms
1,week_4_arm_1,symptoms
1,again_arm_1,symptoms
1,month_6_arm_1,labs
"""


def test_the_events_become_visits_and_windows_of_a_protocol() -> None:
    text, lost = import_events(EVENTS, MAPPING, {"demographics": "demographics", "symptoms": "symptoms"})
    draft = read_yaml(text.encode(), "").data
    assert isinstance(draft, dict)
    assert [(visit["code"], visit["day"], visit["instruments"]) for visit in draft["visits"]] == [
        ("d0", 0, ["demographics", "symptoms"]),
        ("d28", 28, ["symptoms"]),
    ]
    window = draft["windows"][draft["visits"][1]["window"]]
    assert (window["opens"], window["closes"]) == (-2, 7)
    assert lost == [
        "month_6_arm_1: the form labs is no questionnaire",
        "screening_arm_1 lies before day 0, and is no visit",
        "again_arm_1 is on day 28, which has a visit already: put their questionnaires together",
        "month_6_arm_1 asks no questionnaire, and is no visit",
    ]


def test_redcap_brings_the_middle_of_a_slider_a_matrix_and_answers_within_labels() -> None:
    head = (*HEAD, "Matrix Group Name")
    rows = [
        ("nick", "ache", "", "text", "What do you call it?", *[""] * 9),
        ("sore", "ache", "", "slider", "How sore is [nick]?", "None | Some | Worst", *[""] * 8),
        ("bed", "ache", "", "text", "When to bed?", "", "", "time", *[""] * 6),
        ("stairs", "ache", "How hard is it?", "radio", "Stairs", "0, Not | 1, Very", *[""] * 7, "hard"),
        ("sitting", "ache", "", "radio", "Sitting, says [nobody]", "0, Not | 1, Very", *[""] * 7, "hard"),
    ]
    out = StringIO()
    csv.writer(out).writerows([head, *rows])
    (draft,) = import_dictionary(out.getvalue().encode())
    ache = whole_folder(draft)
    assert dict(ache.wording("en").item("sore").marks) == {0: "None", 50: "Some", 100: "Worst"}
    assert ache.wording("en").item("sore").text == "How sore is …?"
    assert ache.wording("en").item("sitting").text == "Sitting, says …"
    assert str(ache.item("bed").type) == "time"
    assert [(group.code, str(group.layout)) for group in ache.groups] == [("m_hard", "matrix")]
    assert ache.wording("en").groups == {"m_hard": "How hard is it?"}
