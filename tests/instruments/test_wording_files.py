"""Licensed words come in as CSV, JSON or a label sheet, whole or not at all."""

import csv
import json
from collections.abc import Callable
from io import BytesIO, StringIO

import pytest
from openpyxl import Workbook

from app.instruments import Wording, instrument
from app.instruments.problems import BadWording
from app.instruments.wording_files import read_aliases, read_wording
from app.instruments.wording_places import required_places

ODI = instrument("odi")
EQ5D = instrument("eq5d5l")


def words(code: str) -> dict[str, str]:
    return {place: f"Ord {number}" for number, place in enumerate(required_places(instrument(code)))}


def as_csv(texts: dict[str, str], delimiter: str = ",") -> bytes:
    out = StringIO()
    lines = csv.writer(out, delimiter=delimiter)
    lines.writerow(["place", "text"])
    lines.writerows(texts.items())
    return out.getvalue().encode("utf-8-sig")


def as_json(texts: dict[str, str]) -> bytes:
    return json.dumps(texts).encode()


def as_sheet(texts: dict[str, str], heads: tuple[str, ...] = ("Label", "Comment", "nb")) -> bytes:
    book = Workbook()
    book.create_sheet("Read me", 0).append(["Labels of one language"])
    sheet = book["Sheet"]
    sheet.append(["Language", None, "Norwegian"])
    sheet.append(heads)
    for label, text in texts.items():
        sheet.append([label, "internal", text])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def read(code: str, filename: str, content: bytes, **aliases: str) -> Wording:
    return read_wording(
        instrument(code), filename, content, language="nb", version="2.0", source="Licence 17", aliases=aliases
    )


def problems_of(code: str, filename: str, content: bytes) -> list[str]:
    with pytest.raises(BadWording) as error:
        read(code, filename, content)
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize(("suffix", "write"), [("csv", as_csv), ("json", as_json), ("xlsx", as_sheet)])
@pytest.mark.parametrize("code", ["odi", "rmdq", "eq5d5l", "hscl25", "sick_leave"])
def test_every_kind_of_file_gives_the_same_wording(code: str, suffix: str, write: Callable[..., bytes]) -> None:
    wording = read(code, f"words.{suffix}", write(words(code)))
    assert wording.strings == tuple(words(code).items())
    assert (wording.demonstration, wording.source, wording.version) == (False, "Licence 17", "2.0")
    assert wording.sha256 == read(code, "words.json", as_json(words(code))).sha256


def test_the_hash_changes_with_a_single_sign() -> None:
    changed = {**words("odi"), "items.lifting.options.3": "Ord 99"}
    assert read("odi", "a.json", as_json(changed)).sha256 != read("odi", "a.json", as_json(words("odi"))).sha256


def test_an_installed_wording_takes_the_place_of_the_demonstration() -> None:
    assert not ODI.ready_for_patients("nb")
    licensed = ODI.with_wording(read("odi", "words.csv", as_csv(words("odi"))))
    assert licensed.ready_for_patients("nb")
    assert not licensed.ready_for_patients("en")
    assert licensed.wording("nb").option("lifting", 3) == words("odi")["items.lifting.options.3"]
    assert instrument("odi").wording("nb").demonstration


def test_a_text_may_have_several_lines() -> None:
    texts = {**words("odi"), "instruction": "Første linje.\nAndre linje."}
    for filename, content in (("a.csv", as_csv(texts)), ("a.json", as_json(texts)), ("a.xlsx", as_sheet(texts))):
        assert read("odi", filename, content).instruction == "Første linje.\nAndre linje."


def test_line_ends_of_another_system_are_line_ends() -> None:
    texts = {**words("odi"), "instruction": "Første linje.\r\nAndre linje."}
    written_out = {**texts, "instruction": "Første linje._x000D_\nAndre linje."}
    files = (("a.csv", as_csv(texts)), ("a.json", as_json(texts)), ("a.xlsx", as_sheet(written_out)))
    assert {read("odi", name, content).instruction for name, content in files} == {"Første linje.\nAndre linje."}


def test_a_place_that_comes_both_flat_and_nested_comes_twice() -> None:
    both = {**words("odi"), "items": {"lifting": {"text": "Noe annet"}}}
    assert problems_of("odi", "a.json", json.dumps(both).encode()) == ["items.lifting.text is given twice"]


def test_semicolons_and_a_byte_order_mark_are_read() -> None:
    assert read("odi", "ORD.CSV", as_csv(words("odi"), ";")).title == "Ord 0"


def test_nested_json_is_read_as_our_own_files_are() -> None:
    nested: dict[str, object] = {"title": "Rygg", "instruction": "Svar", "recall": "I dag", "items": {}}
    items = nested["items"]
    assert isinstance(items, dict)
    for item in ODI.items:
        items[item.code] = {"text": item.code, "options": {str(option.code): "Ja" for option in item.options}}
    wording = read("odi", "words.json", json.dumps(nested).encode())
    assert wording.item("lifting").text == "lifting"


def test_a_label_sheet_speaks_of_dimensions_and_levels() -> None:
    labels = {
        "title": "Helse",
        "instruction": "Velg",
        "recall": "I dag",
        "VAS": "Tall",
        "VAS_0": "Verst",
        "VAS_100": "Best",
    }
    for dimension in ("MO", "SC", "UA", "PD", "AD"):
        labels |= {
            dimension: dimension,
            **{f"{dimension}_{level}": f"{dimension} nivå {level}" for level in range(1, 6)},
        }
    wording = read("eq5d5l", "labels.xlsx", as_sheet(labels))
    assert wording.item("mobility").text == "MO"
    assert wording.option("anxiety_depression", 4) == "AD nivå 4"
    assert (wording.item("vas").low, wording.item("vas").high) == ("Verst", "Best")


def test_labels_of_another_vendor_are_named_by_aliases() -> None:
    texts = words("nrs_leg")
    title = texts.pop("title")
    sheet = as_sheet({"HEAD_01": title, "COPYRIGHT": "(c)", **texts})
    wording = read("nrs_leg", "labels.xlsx", sheet, HEAD_01="title", COPYRIGHT="-")
    assert wording.title == title
    assert problems_of("nrs_leg", "labels.xlsx", sheet)[0].startswith("'HEAD_01': nrs_leg has no such place")


def test_everything_wrong_is_said_at_once() -> None:
    texts = {
        **words("odi"),
        "title": "",
        "recall": "nul \x00",
        "instruction": "x" * 2001,
        "items.lifting.help": "Hjelp",
    }
    del texts["items.walking.text"], texts["items.sitting.options.5"]
    assert problems_of("odi", "words.json", as_json(texts)) == [
        "items.walking.text: this string is missing",
        "items.sitting.options.5: this string is missing",
        "title: this string is empty",
        "instruction: 2001 characters, at most 2000 are allowed",
        "recall: holds a control character; type the text again",
    ]


def test_an_unknown_or_repeated_place_is_said() -> None:
    content = as_csv(words("nrs_leg")) + b"title,Again\r\nitems.arm.text,Arm\r\n"
    assert problems_of("nrs_leg", "words.csv", content) == [
        "'title': title is given twice",
        "'items.arm.text': nrs_leg has no such place; name its place, or '-' to leave it out",
    ]


@pytest.mark.parametrize(
    ("filename", "content", "said"),
    [
        ("words.txt", b"", "give a .csv, .json or .xlsx file"),
        ("words.csv", b"a,b\n1,2\n", "name the columns of the first line place and text"),
        ("words.csv", b"place,text\n" + b"title,\xff", "not UTF-8"),
        ("words.csv", b"place,text,Text\ntitle,a,b\n", "the column text stands 2 times"),
        ("words.json", b'{"title": "a", "\\u0074itle": "b"}', "a key comes twice"),
        ("words.csv", b'place,text\ntitle,"' + b"x" * 200_000, "cannot be read"),
        ("words.json", b"{", "not JSON that can be read"),
        ("words.json", b"[" * 100_000, "not JSON that can be read"),
        ("words.json", b'["title"]', "no object of strings by place"),
        ("words.json", b'{"title": "a", "title": "b"}', "a key comes twice"),
        ("words.json", b'{"title": 5}', "5 is not a text"),
        ("words.xlsx", b"not a sheet", "not an .xlsx sheet"),
        ("words.xlsx", as_sheet({}, heads=("A", "B", "C")), "no sheet has a header row"),
        ("words.csv", b"x" * 5_000_001, "larger than"),
    ],
    ids=range(14),
)
def test_a_file_that_cannot_be_read_is_refused_in_words(filename: str, content: bytes, said: str) -> None:
    with pytest.raises(BadWording, match=said):
        read("odi", filename, content)


@pytest.mark.parametrize("part", [0.3, 0.5, 0.7, 0.9])
def test_a_damaged_sheet_is_refused_in_words(part: float) -> None:
    whole = as_sheet(words("odi"))
    cut = int(len(whole) * part)
    for damaged in (whole[:cut], whole[:cut] + b"damaged" * 20 + whole[cut + 140 :]):
        with pytest.raises(BadWording, match="odi in nb"):
            read("odi", "words.xlsx", damaged)


def test_a_sheet_that_unpacks_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.instruments.label_sheet.LARGEST_UNPACKED", 1000)
    with pytest.raises(BadWording, match="far larger than a wording"):
        read("odi", "words.xlsx", as_sheet(words("odi")))


def test_a_text_with_a_comma_that_is_not_in_quotes_is_refused_and_not_cut_short() -> None:
    texts = words("odi") | {"title": "Rygg, hofte"}
    bare = "\n".join(["place,text", *(f"{place},{text}" for place, text in texts.items())])
    assert problems_of("odi", "words.csv", bare.encode())[0].startswith("line 2: has more cells than the first line")
    assert read("odi", "words.csv", as_csv(texts)).title == "Rygg, hofte"


def test_the_head_of_a_table_may_have_capitals_and_empty_columns() -> None:
    table = as_csv(words("odi")).decode("utf-8-sig").replace("place,text", "Place, Text,")
    assert read("odi", "words.csv", table.encode()).strings == tuple(words("odi").items())


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("language", "", "'' is not the code of a language"),
        ("language", "norwegian", "'norwegian' is not the code"),
        ("version", " ", "version: say it"),
        ("version", "v" * 41, "version: say it"),
        ("source", "", "source: say whose words"),
    ],
)
def test_words_say_whose_they_are_and_in_which_language(key: str, value: str, sentence: str) -> None:
    about = {"language": "nb", "version": "2.0", "source": "Licence 17"} | {key: value}
    with pytest.raises(BadWording, match=sentence):
        read_wording(
            ODI,
            "words.json",
            as_json(words("odi")),
            language=about["language"],
            version=about["version"],
            source=about["source"],
        )


@pytest.mark.parametrize("content", [b"nope", b"[1]", b'{"MO": 1}', b"\xff"])
def test_other_labels_that_cannot_be_read_are_told(content: bytes) -> None:
    with pytest.raises(BadWording, match=r"the other labels|MO"):
        read_aliases(content)
    assert read_aliases(b'{"Mobility 1": "items.mobility.options.1"}') == {"Mobility 1": "items.mobility.options.1"}


def test_a_label_sheet_has_no_row_for_the_questionnaire_s_name() -> None:
    texts = {place: text for place, text in words("eq5d5l").items() if place != "title"}
    assert read("eq5d5l", "labels.xlsx", as_sheet(texts)).title == EQ5D.title("nb")
    assert read("eq5d5l", "labels.xlsx", as_sheet({**texts, "title": "Helse"})).title == "Helse"
    assert problems_of("eq5d5l", "words.csv", as_csv(texts)) == ["title: this string is missing"]
