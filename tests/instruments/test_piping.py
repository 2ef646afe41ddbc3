"""An earlier answer within a later question: what may stand where, and how it reads without an answer."""

import pytest

from app.instruments.fhir import questionnaire
from app.instruments.folders import read_files
from app.instruments.piping import parts_of, without_answers
from app.instruments.problems import BadFolder

FILES = {
    "definition.yaml": """
code: ache
version: "1"
groups: [{code: marks, layout: ticks}, {code: rows, layout: matrix}]
scales: {often: [0, 1]}
items:
  - {code: place, type: choice, options: [1, 2]}
  - {code: name, type: text, required: false}
  - {code: hours, type: number, minimum: 0, maximum: 24, unit: h}
  - {code: box, type: ticks, group: marks}
  - {code: row, type: choice, scale: often, group: rows}
  - {code: bother, type: nrs, minimum: 0, maximum: 10}
licence: {holder: Us, terms: Free., languages: {}, other: {original_required: false, note: Ours.}}
""",
    "wordings/en.yaml": """
language: en
version: "1"
demonstration: false
source: Ours.
title: Ache
instruction: About the worst of it.
groups: {marks: Which?, rows: How often?}
scales: {often: {"0": Seldom, "1": Often}}
items:
  place: {text: Where is it worst?, options: {"1": The <b>back</b>, "2": The neck}, unanswered: the worst place}
  name: {text: What do you call it?, unanswered: it}
  hours: {text: For how long a day?, unit: hours, unanswered: some time}
  box: A box
  row: A row
  bother: {text: "How much does ${name} in ${place} (${hours}) bother you?", low: Not, high: Very}
""",
}
ACHE = read_files("ache", FILES).instrument


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("No answer", (("No answer", ""),)),
        ("${a}", (("", "a"),)),
        ("Of ${a}, ${b}!", (("Of ", ""), ("", "a"), (", ", ""), ("", "b"), ("!", ""))),
        ("${a}${b}", (("", "a"), ("", "b"))),
        ("5 $ {a}", (("5 $ {a}", ""),)),
    ],
)
def test_a_text_comes_in_pieces(text: str, parts: tuple[tuple[str, str], ...]) -> None:
    assert parts_of(text) == parts


def test_without_answers_it_reads_all_the_same_wherever_words_leave() -> None:
    read = "How much does it in the worst place (some time) bother you?"
    assert ACHE.wording("en").item("bother").text == read
    assert without_answers("${a} and ${b}", {"a": "one", "b": "two"}) == "one and two"
    assert [item["text"] for item in questionnaire(ACHE, "en")["item"] if item["linkId"] == "bother"] == [read]
    assert "${" not in str(questionnaire(ACHE, "en"))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("${name} in", "${bother} in", "items.bother.text: ${bother} is not an earlier item"),
        ("${name} in", "${later} in", "items.bother.text: ${later} is not an earlier item"),
        ("${name} in", "${} in", "items.bother.text: ${} is not an earlier item"),
        ("${name} in", "${name in", "items.bother.text: write the answer of an item as ${item}"),
        ("${name} in", "${box} in", "items.bother.text: ${box} is a box of a list, and has no words to show"),
        (", unanswered: it", "", "items.name.unanswered: this string is missing; it stands where ${name} is not"),
        ("What do you call it?", '"What of ${bother}?"', "items.name.text: ${bother} is not an earlier item"),
        ("title: Ache", "title: ${place}", "title: an answer can stand in the text of an item alone"),
        ("low: Not", 'low: "${place}"', "items.bother.low: an answer can stand in the text of an item alone"),
        ("unanswered: it}", 'unanswered: "${place}"}', "items.name.unanswered: an answer can stand in the text"),
        ("box: A box", 'box: "${place}"', "items.box.text: the line of a list shows no answer; ask it by itself"),
        ("row: A row", 'row: "${place}"', "items.row.text: the line of a list shows no answer"),
    ],
    ids=range(12),
)
def test_what_cannot_stand_there_is_refused(old: str, new: str, problem: str) -> None:
    assert old in FILES["wordings/en.yaml"]
    with pytest.raises(BadFolder) as error:
        read_files("ache", {**FILES, "wordings/en.yaml": FILES["wordings/en.yaml"].replace(old, new)})
    assert [
        sentence for sentence in map(str, error.value.problems) if sentence.startswith(f"wordings/en.yaml: {problem}")
    ] != []
