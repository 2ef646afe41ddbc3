"""docs/protocol.md is what the schema says, and its examples are read."""

from __future__ import annotations

import pytest

from app.studies.protocol import read_protocol
from docs import protocol as page
from docs.protocol_meanings import MEANINGS, WAYS
from tests.studies.protocol.second import SECOND, errors

PERIODS = "  first_period: {title: {en: First period}}\n  second_period: {title: {en: Second period}}\n"


def test_the_page_is_what_the_schema_says() -> None:
    assert page.PAGE.read_text("utf-8") == page.page(), "run: python -m docs.protocol"


def test_every_key_of_the_file_has_its_sentence_and_no_other_has() -> None:
    assert set(page.keys()) == set(MEANINGS)


def test_every_key_has_an_example_that_names_it() -> None:
    examples = {path: page._example(path.rpartition(".")[2], field) for path, field in page.keys().items()}
    assert {path for path, example in examples.items() if f"{path.rpartition('.')[2]}:" not in example} == set()


def test_the_whole_file_is_read_without_an_error_or_a_note() -> None:
    protocol = read_protocol(page.EXAMPLE)
    assert len(protocol.visits) == 39
    assert protocol.zones == ("Europe/Oslo", "Europe/London")


@pytest.mark.parametrize("way", range(len(WAYS)))
def test_each_way_to_say_when_is_read(way: int) -> None:
    visits = "".join(f"  {line}\n" for line in WAYS[way][1].splitlines())
    head, _, rest = SECOND.partition("visits:\n")
    tail = rest[rest.index("sending:") :]
    assert errors(head.replace("events:\n", "events:\n" + PERIODS) + "visits:\n" + visits + tail) == []
