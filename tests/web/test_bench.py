"""Pictures at the bench: uploaded beside the text, carried from try to try, drawn, left out again; nothing is kept."""

import re
from collections.abc import Iterator
from html import unescape
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.roles import Role
from app.core.time import moved_clock
from app.instruments.folders import read_files
from app.studies.models import InstalledInstrument
from app.studies.questionnaires import install_folder
from app.web.previewing.bench import MOST_PICTURES, BenchFolder, begun_with
from tests.factories import NOW, Browser, backtobasic, user
from tests.instruments.test_rich_items import FILES
from tests.some import some

BENCH = "/desk/backtobasic/questionnaires/bench"
TEXTS = {"definition": FILES["definition.yaml"], "words": FILES["wordings/en.yaml"]}
DRAWN = {name.removeprefix("images/"): text for name, text in FILES.items() if name.startswith("images/")}
CARRIED = {f"picture/{name}": text for name, text in DRAWN.items()}


@pytest.fixture
def desk(app: Flask, session: Session) -> Iterator[Browser]:
    """A coordinator of the example study."""
    someone = user(backtobasic().study, Role.COORDINATOR)
    session.commit()
    with moved_clock(lambda: NOW):
        yield Browser(app, someone)


def uploads(**files: bytes | str) -> list[tuple[BytesIO, str]]:
    return [
        (BytesIO(content.encode() if isinstance(content, str) else content), name) for name, content in files.items()
    ]


def test_pictures_are_uploaded_beside_the_text_and_drawn(desk: Browser) -> None:
    without = desk.post(BENCH, **TEXTS).text
    assert "images/body.svg: is shown by the definition, and is not in the folder" in without
    shown = desk.post(BENCH, **TEXTS, pictures=uploads(**DRAWN)).text
    assert "This needs another look" not in shown
    assert [name for name in some(DRAWN) if f'name="picture/{name}"' not in shown] == []
    assert '<svg aria-hidden="true"' in shown, "the body map, over its boxes"
    assert shown.count('src="data:image/svg+xml;base64,') == 3, "each choice that a picture shows"


def test_what_was_uploaded_comes_again_with_each_try_and_is_kept_nowhere(desk: Browser, session: Session) -> None:
    shown = desk.post(BENCH, **TEXTS, pictures=uploads(**DRAWN)).text
    hidden = dict(re.findall(r'<input type="hidden" name="(picture/[^"]+)" value="([^"]*)"', shown))
    again = {name: unescape(text) for name, text in hidden.items()}
    assert again == CARRIED
    tried = desk.post(BENCH, **TEXTS, **again, **{"where8.strength": "64"}).text
    assert "This needs another look" not in tried
    assert 'value="64"' in tried
    assert session.scalar(select(func.count(InstalledInstrument.id)).where(~InstalledInstrument.shipped)) == 0


def test_a_picture_is_left_out_and_put_in_the_place_of_another(desk: Browser) -> None:
    left = desk.post(BENCH, **TEXTS, **CARRIED, without="glad.svg").text
    assert "images/glad.svg: is shown by the definition, and is not in the folder" in left
    new = DRAWN["glad.svg"].replace("<svg ", '<svg class="new" ', 1)
    shown = desk.post(BENCH, **TEXTS, **CARRIED, pictures=uploads(**{"C:/fakepath/glad.svg": new})).text
    assert "This needs another look" not in shown
    assert "class=&#34;new&#34;" in shown


REFUSED = [
    ("a name of no picture", "Body Map.SVG", DRAWN["body.svg"], 200, "call it by small letters"),
    ("a script", "more.svg", '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', 200, "images/more.svg"),
    ("no drawing", "more.svg", b"\xff\xfe\x00", 400, "more.svg is no drawing"),
    ("no PNG", "more.png", "hello", 200, "is no PNG file"),
    ("too large", "more.svg", " " * 30_001, 400, "more.svg has more than 30,000 bytes"),
    ("a way out", "../../app.svg", DRAWN["body.svg"], 200, 'name="picture/app.svg"'),
]


@pytest.mark.parametrize(
    ("name", "content", "status", "sentence"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_what_is_no_picture_is_told_and_nothing_is_lost(
    desk: Browser, name: str, content: str | bytes, status: int, sentence: str
) -> None:
    answer = desk.post(BENCH, **TEXTS, **CARRIED, pictures=uploads(**{name: content}))
    assert answer.status_code == status
    assert sentence in unescape(answer.text)
    assert status != 200 or all(f'name="{field}"' in answer.text for field in CARRIED)


def test_more_pictures_than_a_page_can_carry_are_refused(desk: Browser) -> None:
    many = {f"p{number}.svg": DRAWN["body.svg"] for number in range(MOST_PICTURES + 1)}
    assert desk.post(BENCH, **TEXTS, pictures=uploads(**many)).status_code == 400


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "code: nrs_leg"),
        ("?begin=odi", "code: odi"),
        ("?begin=where8", "code: where8"),
        ("?begin=nrs_leg&language=nb", "language: nb"),
        ("?begin=nrs_leg&language=xx", "language: en"),
    ],
)
def test_the_bench_begins_with_any_questionnaire_of_the_library_or_the_site(
    desk: Browser, session: Session, query: str, sentence: str
) -> None:
    install_folder(read_files("where8", FILES), NOW)
    session.commit()
    shown = desk.get(f"{BENCH}{query}")
    assert (shown.status_code, sentence in shown.text) == (200, True)
    assert ('name="picture/body.svg"' in shown.text) is ("where8" in query)


def test_one_that_nobody_has_is_told(desk: Browser) -> None:
    assert desk.get(f"{BENCH}?begin=nowhere").status_code == 404


def test_the_page_of_a_questionnaire_leads_to_the_bench(desk: Browser) -> None:
    shown = desk.get("/desk/backtobasic/questionnaires/nrs_leg?language=nb").text
    assert f'href="{BENCH}?begin=nrs_leg&amp;language=nb"' in shown


def test_a_folder_at_the_bench_reads_as_from_the_disk() -> None:
    folder = begun_with(FILES)
    assert folder == BenchFolder(TEXTS["definition"], TEXTS["words"], DRAWN)
    assert folder.read().pictures == read_files("where8", FILES).instrument.pictures
