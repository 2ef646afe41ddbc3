"""How many bytes a page is as sent: each visit's is told at install, and two hundred questions stay small."""

from dataclasses import replace

import pytest
from flask import Flask

from app.instruments.folders import read_files
from app.studies.protocol import read_protocol
from app.studies.protocol.catalogues import languages
from app.studies.questionnaires import asked_at
from app.web.patient.proof import proof, visit_sizes
from tests.cli.test_instruments import run
from tests.example import BACKTOBASIC, example

WORDS = ("stairs", "walking", "resting", "lifting", "turning", "sleeping", "working", "reading", "cooking", "driving")
LARGEST_DAY_154, LARGEST_200_ITEMS = 13_950, 30_000


def two_hundred() -> dict[str, str]:
    """A questionnaire of two hundred questions, each with words of its own."""
    codes = [f"q{number:03d}" for number in range(200)]
    items = "".join(f"  - {{code: {code}, type: choice, scale: often}}\n" for code in codes)
    texts = "".join(
        f"  {code}: How often was {WORDS[number % 10]} hard on day {number // 10}, or {WORDS[number // 20]} tiring?\n"
        for number, code in enumerate(codes)
    )
    return {
        "definition.yaml": "code: long\nversion: '1'\nscales: {often: [0, 1, 2, 3, 4]}\nitems:\n" + items
        + "licence: {holder: Us, terms: Free., languages: {}, other: {original_required: false, note: Ours.}}\n",
        "wordings/en.yaml": "language: en\nversion: '1'\ndemonstration: false\nsource: Ours.\ntitle: Long\n"
        "instruction: Choose.\nscales:\n  often: {'0': Never, '1': Rarely, '2': Sometimes, '3': Often, '4': Always}\n"
        "items:\n" + texts,
    }  # fmt: skip


def test_a_page_of_two_hundred_questions_is_small(app: Flask) -> None:
    questionnaire = read_files("long", two_hundred()).instrument
    with app.test_request_context():
        assert len(proof([questionnaire], "en").gzipped) < LARGEST_200_ITEMS


@pytest.mark.parametrize("language", ["nb", "en"])
def test_day_154_stays_within_its_budget(app: Flask, language: str) -> None:
    with app.app_context():
        sizes = dict(visit_sizes(read_protocol(BACKTOBASIC), language))
    assert 5_000 < sizes["d154"] < LARGEST_DAY_154
    assert sizes["d7"] < sizes["d28"] < sizes["d154"]


@pytest.mark.parametrize("language", sorted(languages()))
def test_day_154_is_within_its_budget_in_the_words_of_every_language(app: Flask, language: str) -> None:
    """The page's own words in each, around the questionnaires' as they ship: a site's own are as long, or so."""
    with app.app_context():
        instruments = asked_at(read_protocol(BACKTOBASIC), "d154")
    with app.test_request_context():
        words = "en" if language == "en" else "nb"
        lent = [replace(each, wordings={language: each.wording(words)}) for each in instruments]
        assert 5_000 < len(proof(lent, language).gzipped) <= LARGEST_DAY_154


@pytest.mark.parametrize("language", sorted(languages()))
def test_two_hundred_questions_are_small_in_the_words_of_every_language(app: Flask, language: str) -> None:
    questionnaire = read_files("long", two_hundred()).instrument
    lent = replace(questionnaire, wordings={language: questionnaire.wording("en")})
    with app.test_request_context():
        assert len(proof([lent], language).gzipped) < LARGEST_200_ITEMS


def test_each_visit_s_size_is_told_when_its_protocol_is_installed(app: Flask, tmp_path: object) -> None:
    output = run(app, "protocol", "install", str(BACKTOBASIC))
    assert "d154: 13." in output
    assert len([line for line in output.splitlines() if line.endswith(" kB as sent")]) == len(
        read_protocol(example()).visits
    )
