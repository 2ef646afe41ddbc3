"""A document answers for the type that is asked for, and for the nearest line, however wrong the file may be."""

import pytest

from app.yaml_files import Document, Mistake, Path, read_yaml

TEXT = b"""\
title: on
empty: "  "
count: 7
share: 0.5
free: true
sites:
- code: "01"
  name: First
- id: second
- name: Third
- word
"""


@pytest.fixture(scope="module")
def document() -> Document:
    return read_yaml(TEXT, "examples/some.yaml")


ASKED: list[tuple[Path, object, str | None, int | None]] = [
    # the path, its value, its text, its whole number
    (("title",), "on", "on", None),
    (("empty",), "  ", None, None),
    (("count",), 7, None, 7),
    (("free",), True, None, None),
    (("none",), None, None, None),
    (("title", "more"), None, None, None),
    (("title", 0), None, None, None),
    (("sites", 0, "code"), "01", "01", None),
    (("sites", 3), "word", "word", None),
    (("sites", 4), None, None, None),
    (("sites", "code"), None, None, None),
]


@pytest.mark.parametrize(("path", "value", "text", "whole"), ASKED)
def test_what_is_not_there_or_not_of_the_type_is_none(
    document: Document, path: Path, value: object, text: str | None, whole: int | None
) -> None:
    assert document.get(*path) == value
    assert document.text(*path) == text
    assert document.whole(*path) == whole


def test_a_number_with_a_point_is_not_whole(document: Document) -> None:
    assert document.whole("share") is None


CHILDREN: list[tuple[Path, list[Path]]] = [
    (("sites",), [("sites", 0), ("sites", 1), ("sites", 2), ("sites", 3)]),
    (("sites", 0), [("sites", 0, "code"), ("sites", 0, "name")]),
    (("title",), []),
    (("none",), []),
]


@pytest.mark.parametrize(("path", "children"), CHILDREN)
def test_the_children_of_a_place_are_one_step_further(document: Document, path: Path, children: list[Path]) -> None:
    assert document.children(*path) == children


def test_texts_are_the_children_that_are_text(document: Document) -> None:
    assert list(document.texts("sites")) == [(("sites", 3), "word")]
    assert list(document.texts()) == [(("title",), "on")]


PLACES: list[tuple[Path, int, str]] = [
    # the path, its line or that of what is around it, the place in words
    ((), 1, ""),
    (("count",), 3, "count"),
    (("none",), 1, "none"),
    (("sites", 0, "name"), 8, "sites.01.name"),
    (("sites", 1), 9, "sites.second"),
    (("sites", 1, "phone"), 9, "sites.second.phone"),
    (("sites", 1, "phone", "of", "whom"), 9, "sites.second.phone.of.whom"),
    (("sites", 2, "name"), 10, "sites.#3.name"),
    (("sites", 9, "name"), 6, "sites.#10.name"),
]


@pytest.mark.parametrize(("path", "line", "where"), PLACES)
def test_a_mistake_is_told_where_it_stands_or_as_near_as_can_be(
    document: Document, path: Path, line: int, where: str
) -> None:
    assert document.error(path, "is wrong", "Mend it") == Mistake(line, where, "is wrong", "Mend it")


SAID = [
    (Mistake(7, "sites.01", "is wrong", "Mend it"), "line 7, sites.01: is wrong. Mend it."),
    (Mistake(7, "", "is wrong", "Mend it"), "line 7: is wrong. Mend it."),
    (Mistake(7, "", "is wrong", "Did you mean `right`?"), "line 7: is wrong. Did you mean `right`?"),
]


@pytest.mark.parametrize(("mistake", "sentence"), SAID)
def test_a_mistake_is_a_sentence_with_its_remedy(mistake: Mistake, sentence: str) -> None:
    assert str(mistake) == sentence
