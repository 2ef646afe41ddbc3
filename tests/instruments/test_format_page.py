"""The page that says the format is enough by itself: what it tells to write is read, proved and scored."""

import re
from pathlib import Path

import pytest

from app.instruments.answering import check_answers
from app.instruments.definition import DefinitionSchema, read_definition
from app.instruments.folders import read_files
from app.instruments.model import ItemType, Layout
from app.instruments.proving import prove
from app.yaml_files import read_yaml
from tests.instruments.test_definition_format import definition

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "instrument_format.md").read_text("utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
FILES = {block.splitlines()[0].removeprefix("# "): block for block in BLOCKS if block.startswith("# ")}


def test_its_questionnaire_is_sound_and_proved() -> None:
    folder = read_files("steps", FILES)
    assert set(FILES) == {"definition.yaml", "wordings/en.yaml", "vectors.yaml"}
    assert folder.notes == ()
    assert prove(folder.instrument, folder.vectors).failures == ()
    assert folder.instrument.wording("en").reviewed_by == "A. Reader"
    assert check_answers(folder.instrument, {"stairs": 4, "aid": 1}).missing == ()


def test_its_scores_are_read() -> None:
    (block,) = [block for block in BLOCKS if block.startswith("scores:")]
    assert "rescale: {from: [0, 16], to: [0, 100]}" in block
    codes = ("stairs", "walking", "kneeling", "resting")
    items = [{"code": code, "type": "choice", "options": [0, 1, 2, 3, 4]} for code in codes]
    scores = read_yaml(block.encode(), "").data
    assert isinstance(scores, dict)
    assert [score.name for score in read_definition(definition(items=items, **scores)).scores] == ["total"]


@pytest.mark.parametrize("word", [*ItemType, *Layout])
def test_it_names_every_type_and_layout(word: str) -> None:
    assert f"`{word}`" in PAGE


@pytest.mark.parametrize("key", sorted(DefinitionSchema().fields))
def test_it_names_every_key_of_a_definition(key: str) -> None:
    assert f"`{key}`" in PAGE
