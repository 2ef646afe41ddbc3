"""A questionnaire's folder: read whole, or refused with everything that is wrong in any of its files."""

from pathlib import Path

import pytest

from app.instruments.folders import read_files, read_folder
from app.instruments.problems import BadFolder
from app.instruments.proving import prove
from tests.questionnaires import ENGLISH, EXAMPLES, VECTORS, norwegian, steps, written


def problems_of(files: dict[str, str]) -> list[str]:
    with pytest.raises(BadFolder) as error:
        read_files("steps", files)
    return list(map(str, error.value.problems))


@pytest.mark.parametrize("folder", sorted(EXAMPLES.iterdir()), ids=lambda folder: folder.name)
def test_the_example_folders_are_sound_and_proved(folder: Path) -> None:
    read = read_folder(folder)
    assert read.notes == ()
    assert {"ar", "sv"} <= set(read.instrument.languages)
    assert prove(read.instrument, read.vectors).failures == ()


def test_comments_and_vectors_do_not_make_another_questionnaire() -> None:
    first = read_files("steps", steps()).instrument
    commented = read_files("steps", steps(definition=("code: steps", "code: steps # of one leg")))
    assert commented.instrument.sha256 == first.sha256
    assert read_files("steps", steps(vectors=("steps: 7", "steps: 7.0"))).instrument.sha256 == first.sha256


@pytest.mark.parametrize(
    ("changes", "same_structure"),
    [
        ({"english": ("Easy", "Light")}, True),
        ({"english": ('version: "1"', 'version: "2"')}, True),
        ({"definition": ("maximum: 10}", "maximum: 9}")}, False),
        ({"definition": ('version: "1"', 'version: "2"')}, False),
    ],
)
def test_other_words_and_another_structure_are_told_apart(
    changes: dict[str, tuple[str, str]], *, same_structure: bool
) -> None:
    first, other = (read_files("steps", files).instrument for files in (steps(), steps(**changes)))
    assert first.sha256 != other.sha256
    assert (first.structure_sha256 == other.structure_sha256) is same_structure


def test_a_language_more_is_another_hash_of_the_same_structure() -> None:
    first = read_files("steps", steps()).instrument
    more = read_files("steps", {**steps(), "wordings/nb.yaml": norwegian()}).instrument
    assert more.languages == ("en", "nb")
    assert (more.sha256 == first.sha256, more.structure_sha256 == first.structure_sha256) == (False, True)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (steps(definition=("type: nrs", "type: nsr")), "definition.yaml: items.0.type: Must be one of"),
        (steps(definition=("scoring: {sum: all}", "unit: points")), "definition.yaml: score steps: say how it is"),
        (steps(definition=("code: steps", "code: steps\ncode: again")), "definition.yaml: line 3"),
        (steps(english=("title: Steps", "titel: Steps")), "wordings/en.yaml: titel: is not known here"),
        (steps(english=("title: Steps\n", "")), "wordings/en.yaml: title: this string is missing"),
        (steps(english=("language: en", "language: de")), "wordings/en.yaml: says that its language is de"),
        (steps(english=("language: en", "language: English")), "wordings/en.yaml: language: write the code"),
        (steps(english=("demonstration: false", "demonstration: maybe")), "wordings/en.yaml: demonstration: write"),
        (steps(vectors=("steps: 7", "step: 7")), "vectors.yaml: #1 scores: steps has no score step"),
        (steps(vectors=("stairs: 3", "stair: 3")), "vectors.yaml: #1 answers: steps has no item stair"),
        (steps(vectors=("steps: 7", "steps: seven")), "vectors.yaml: #1 scores.steps: Write a number, or why"),
        (steps(vectors=(VECTORS, "steps: 7")), "vectors.yaml: write a list"),
        ({"definition.yaml": steps()["definition.yaml"]}, "wordings/: has no words in any language"),
        ({"wordings/en.yaml": ENGLISH}, "definition.yaml: must be a mapping"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_file(files: dict[str, str], problem: str) -> None:
    assert [sentence for sentence in problems_of(files) if sentence.startswith(problem)] != []


def test_the_problems_of_several_files_are_told_at_once() -> None:
    files = steps(english=("title: Steps\n", ""), vectors=("steps: 7", "step: 7"))
    files["wordings/nb.yaml"] = norwegian().replace("instruction: Choose a number.\n", "")
    assert {problem.split(":")[0] for problem in problems_of(files)} == {
        "wordings/en.yaml",
        "wordings/nb.yaml",
        "vectors.yaml",
    }


def test_a_score_without_an_example_is_worth_a_note() -> None:
    files = {name: text for name, text in steps().items() if name != "vectors.yaml"}
    (note,) = read_files("steps", files).notes
    assert "no example vector says what steps must be" in note


def test_a_folder_without_a_definition_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadFolder, match=r"definition.yaml: there is none"):
        read_folder(tmp_path)


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    written(steps(), tmp_path)
    (tmp_path / "wordings" / "nb.yaml").write_bytes("title: Trinn på".encode("latin-1"))
    with pytest.raises(BadFolder, match=r"wordings/nb.yaml: is not UTF-8"):
        read_folder(tmp_path)


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        (("sum: all", "sum: [stairs]"), "vector 1: steps must be 7, and is 3"),
        (("sum: all", "mean: all"), "vector 1: steps must be 7, and is 3.5"),
        (("sum: all", "highest: all"), "vector 1: steps must be 7, and is 4"),
    ],
)
def test_a_scoring_that_gives_something_else_is_found_by_the_examples(change: tuple[str, str], failure: str) -> None:
    folder = read_files("steps", steps(definition=change))
    assert prove(folder.instrument, folder.vectors).failures == (failure,)
