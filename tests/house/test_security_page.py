"""docs/security.md names tests that exist, has a row for every chapter, and says of each what holds it or why not."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`", PAGE)))
ROWS = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if re.match(r"\| V\d+", line)]
STATES = {"met", "partly", "not here", "operator"}
KINDS = (
    "Spoofing",
    "Tampering",
    "Repudiation",
    "Information disclosure",
    "Denial of service",
    "Elevation of privilege",
)


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_each_test_that_is_named_exists(file: str, test: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert re.search(rf"^def {test}\(" if test else r"^def test_", text, re.MULTILINE)


@pytest.mark.parametrize("chapter", range(1, 18))
def test_each_chapter_has_its_rows(chapter: int) -> None:
    assert [row for row in ROWS if re.match(rf"V{chapter}\b", row[0])]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0]))
def test_each_row_says_what_holds_it_or_what_is_missing(row: list[str]) -> None:
    section, state, *rest = row
    assert state.strip(" |") in STATES, section
    if state == "met":
        assert "tests/" in rest[-1] or "documentation" in section, f"{section} names no test"
    if state in ("partly", "operator"):
        assert rest, f"{section} does not say what is missing"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_threat_is_thought_of(kind: str) -> None:
    assert f"| {kind} |" in PAGE


def test_most_of_the_page_is_held_by_tests() -> None:
    assert len(NAMED) > 70
    assert len(ROWS) > 60


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_dependency_is_pinned_with_its_hash(file: str) -> None:
    pinned = re.split(r"\n(?=[a-z])", (ROOT / file).read_text("utf-8"), flags=re.IGNORECASE)
    packages = [each for each in pinned if not each.lstrip().startswith("#")]
    assert len(packages) > 30
    assert [each.split()[0] for each in packages if "==" not in each or "--hash=sha256:" not in each] == []
