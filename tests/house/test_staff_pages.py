"""The page for staff is there in both languages, with the same parts and a picture for each role."""

import re
from pathlib import Path

import pytest

from app.accounts.roles import Role
from docs.desk_pictures import IMAGES, PICTURES

DOCS = IMAGES.parent
PAGES = {language: (DOCS / name).read_text("utf-8") for language, name in (("en", "staff.md"), ("nb", "staff.nb.md"))}
PICTURE = re.compile(r"!\[(?P<words>[^\]]+)\]\(images/(?P<name>[\w-]+)\.png\)")
LARGEST_PICTURE = 250_000
PNG = b"\x89PNG\r\n\x1a\n"


def parts(page: str) -> list[str]:
    return re.findall(r"^## (.+)$", page, re.M)


def test_both_languages_have_the_same_parts_tables_and_pictures() -> None:
    english, norwegian = PAGES["en"], PAGES["nb"]
    assert len(parts(english)) == len(parts(norwegian)) >= 10
    assert english.count("\n|---") == norwegian.count("\n|---") >= 3
    shown = {language: [each["name"] for each in PICTURE.finditer(page)] for language, page in PAGES.items()}
    assert shown["en"] == shown["nb"]
    assert set(shown["en"]) == set(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_there_and_small(name: str) -> None:
    content = (IMAGES / f"{name}.png").read_bytes()
    assert content.startswith(PNG)
    assert 10_000 < len(content) < LARGEST_PICTURE


def test_every_role_is_told_where_its_day_begins() -> None:
    rows = {language: re.findall(r"^\| ([a-zåø ]+) \| (?:Today|Compliance|I dag|Svargrad) \|", page, re.M)
            for language, page in PAGES.items()}  # fmt: skip
    assert set(rows["en"]) == {role.value for role in Role}
    assert len(rows["nb"]) == len(Role)


def test_each_language_leads_to_the_other() -> None:
    assert "(staff.nb.md)" in PAGES["en"]
    assert "(staff.md)" in PAGES["nb"]


def test_the_front_page_of_the_repository_shows_the_desk() -> None:
    readme = Path(DOCS.parent / "README.md").read_text("utf-8")
    assert "docs/images/desk-today.png" in readme
    assert "docs/images/desk-compliance.png" in readme
