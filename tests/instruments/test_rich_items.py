"""A marked scale, pictures, a matrix, a body map: what a definition may say of them, and where their words go."""

from collections.abc import Callable
from typing import Any

import pytest

from app.instruments import check_answers
from app.instruments.fhir import questionnaire
from app.instruments.folders import files_of, read_files, read_folder
from app.instruments.problems import BadFolder
from app.instruments.walking import ways
from tests.questionnaires import EXAMPLES

FOLDER = EXAMPLES / "where8"
FILES = files_of(FOLDER)
WHERE8 = read_folder(FOLDER).instrument


def changed(name: str, old: str, new: str) -> dict[str, str]:
    assert old in FILES[name], old
    return {**FILES, name: FILES[name].replace(old, new)}


def problems_of(files: dict[str, str]) -> list[str]:
    with pytest.raises(BadFolder) as error:
        read_files("where8", files)
    return [str(problem) for problem in error.value.problems]


def of(part: str) -> Callable[[str], bool]:
    return lambda problem: part in problem


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("marks: [0, 25, 50, 75, 100]", "marks: [0, 25, 50, 75, 101]", "strength: marks stand at a vas, from"),
        ("marks: [0, 25, 50, 75, 100]", "marks: [-1, 100]", "strength: marks stand at a vas"),
        ("marks: [0, 25, 50, 75, 100]", "marks: [50, 25]", "strength: marks stand at a vas"),
        ("marks: [0, 25, 50, 75, 100]", "marks: [25, 25]", "strength: marks stand at a vas"),
        ("marks: [0, 25, 50, 75, 100]", "marks: [25]", "items.4.marks"),
        ("type: choice, scale: how_much, group: doing}", "type: choice, scale: how_much, group: doing, marks: [0, 1]}",
         "stairs: marks stand at a vas"),
        ("{1: glad.svg, 2: even.svg, 3: sad.svg}", "{1: glad.svg, 2: even.svg}", "face: pictures are for a choice"),
        ("{1: glad.svg, 2: even.svg, 3: sad.svg}", "{1: glad.svg, 2: even.svg, 4: sad.svg}", "face: pictures are for"),
        ("{1: glad.svg, 2: even.svg, 3: sad.svg}", "{1: glad.svg, 2: even.svg, 3: rainy.svg}",
         "images/rainy.svg: is shown by the definition, and is not in the folder"),
        ("picture: body.svg, ", "", "group where: a body map has a picture"),
        ("layout: body_map, ", "layout: ticks, ", "group where: a body map has a picture, and no other layout"),
        ("layout: body_map, picture: body.svg, most: 3", "layout: list", "group where: ticks stand in a group whose"),
        ("picture: body.svg", "picture: none.svg", "images/none.svg: is shown by the definition"),
        ("group: where, exclusive: true}", "group: where}", 'images/body.svg: no shape has id="nowhere"'),
        ("code: head, type: ticks", "code: head, type: yesno", "group where: its items are of the type ticks"),
        ("code: sitting, type: choice, scale: how_much", "code: sitting, type: choice, options: [0, 1, 2, 3]",
         "group doing: the items of a matrix are choices of one scale"),
        ("code: sitting, type: choice, scale: how_much", "code: sitting, type: yesno", "group doing: the items of a"),
        ("scale: how_much, group: doing}\nscores",
         "scale: how_much, group: doing, when: {item: face, equals: 1}}\nscores",
         "group doing: is one question, so all its items have the same `when`"),
        ("group: where, exclusive: true}", "group: where, exclusive: true, when: {item: head, equals: 0}}",
         "group where: is one question"),
    ],
    ids=range(19),
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_in_its_place(old: str, new: str, problem: str) -> None:
    assert list(filter(of(problem), problems_of(changed("definition.yaml", old, new)))) != []


def test_items_of_one_question_follow_each_other() -> None:
    line = "  - {code: nowhere, type: ticks, group: where, exclusive: true}\n"
    apart = FILES["definition.yaml"].replace(line, "").replace("scores:\n", f"{line}scores:\n")
    problems = problems_of({**FILES, "definition.yaml": apart})
    assert "definition.yaml: group where: its items must follow each other" in problems


def test_what_was_installed_before_is_read_although_it_would_be_refused_now() -> None:
    old = changed(
        "definition.yaml",
        "group: where, exclusive: true}",
        "group: where, exclusive: true, when: {item: head, equals: 0}}",
    )
    assert read_files("where8", old, kept=True).instrument.code == "where8"


def test_an_unreadable_picture_and_an_unknown_one_are_told_together() -> None:
    files = {**FILES, "images/sad.svg": "<svg>", "images/extra.png": "aGVq"}
    problems = problems_of(files)
    assert [problem.partition(":")[0] for problem in problems] == [
        "images/sad.svg",
        "images/extra.png",
        "images/sad.svg",
    ]


def test_a_picture_that_is_shown_nowhere_is_noted() -> None:
    files = {**FILES, "images/more.svg": FILES["images/sad.svg"]}
    assert read_files("where8", files).notes == ("images/more.svg: the definition shows it nowhere",)


def test_all_pictures_together_have_a_limit() -> None:
    heavy = FILES["images/sad.svg"].replace("</svg>", f"<!--{'x' * 29_000}--></svg>")
    files = {**FILES, **{f"images/{name}.svg": heavy for name in "abcde"}}
    assert [problem for problem in problems_of(files) if problem.startswith("images/: its pictures have 14")] != []


@pytest.mark.parametrize(
    ("name", "old", "new", "same_structure"),
    [
        ("images/sad.svg", "#ffe08a", "#ffe08b", False),
        ("wordings/en.yaml", "Glad", "Happy", True),
        ("definition.yaml", "most: 3", "most: 2", False),
    ],
)
def test_another_picture_is_another_questionnaire(name: str, old: str, new: str, *, same_structure: bool) -> None:
    other = read_files("where8", changed(name, old, new)).instrument
    assert other.sha256 != WHERE8.sha256
    assert (other.structure_sha256 == WHERE8.structure_sha256) is same_structure


@pytest.mark.parametrize(
    ("answers", "faults"),
    [
        ({"head": 1, "back": 0, "knees": 0}, []),
        ({"head": 1, "nowhere": 1}, ["nowhere: contradiction"]),
        ({"strength": 0}, []),
        ({"strength": 100}, []),
        ({"strength": 101}, ["strength: out_of_range"]),
        ({"face": 4}, ["face: not_an_option"]),
        ({"stairs": 3, "sitting": 0}, []),
        ({"stairs": 4}, ["stairs: not_an_option"]),
        ({"doing": 1}, ["doing: unknown_item"]),
    ],
)
def test_answers_are_those_of_the_items(answers: dict[str, int], faults: list[str]) -> None:
    problems = [f"{each.item}: {each.fault}" for each in check_answers(WHERE8, answers).problems]
    assert problems == faults


def test_marks_without_words_say_their_number() -> None:
    marks = WHERE8.wording("en").item("strength").marks
    assert dict(marks) == {0: "0", 25: "A little", 50: "Quite", 75: "Very", 100: "100"}
    assert [
        problem for problem in problems_of(changed("wordings/en.yaml", '"75": ', '"74": ')) if "marks.74" in problem
    ] != []


def test_fhir_has_the_map_as_one_question_and_the_marks_in_words() -> None:
    questions: dict[str, Any] = {item["linkId"]: item for item in questionnaire(WHERE8, "en")["item"]}
    assert (questions["where"]["repeats"], len(questions["where"]["answerOption"])) == (True, 4)
    assert questions["strength"]["text"].endswith("0 = No pain; 25 = A little; 50 = Quite; 75 = Very; 100 = "
                                              "The strongest that I can imagine")  # fmt: skip
    assert [item["linkId"] for item in questions["doing"]["item"]] == ["stairs", "sitting"]


def test_there_is_one_way_through_it() -> None:
    assert [way.items for way in ways(WHERE8)] == [tuple(WHERE8.by_code)]
