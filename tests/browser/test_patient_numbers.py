"""A number on the phone is the number that the server reads: one table for both, and every sign of every script."""

import unicodedata
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Page

from app.instruments.numerals import typed_number
from app.instruments.plain_signs import SIGNS
from tests.browser.test_patient_journey import Phone
from tests.instruments.test_numerals import TYPED
from tests.instruments.test_plain_signs import READ

SCRIPT = Path(__file__).parents[2] / "app" / "static" / "patient.js"
READER = SCRIPT.read_text("utf-8").partition("// digits and signs of any keyboard")[2].partition("const wrong =")[0]
DIGITS = [chr(point) for point in range(0x110000) if unicodedata.category(chr(point)) == "Nd"]
MARKS = [*map(chr, SIGNS), *"+-,.;:/ \u00a0\u3000\u200b\u20e3\ufe0f²½e_"]
EVERY = sorted(
    {text for text, *_ in TYPED}
    | {typed for typed, _ in READ}
    | set(DIGITS)
    | {first + "1" + mark + "5" for first, mark in product(["", *MARKS], ["", *MARKS])}
)


def read_on_the_phone(page: Page, texts: list[str], fraction: bool) -> list[float | None]:
    lines = READER.partition("\n")[2]
    every = "texts.map((text) => typed(text, fraction)).map((number) => (isNaN(number) ? null : number))"
    read = page.evaluate(f"([texts, fraction]) => {{ {lines}\nreturn {every}; }}", [texts, fraction])
    assert isinstance(read, list)
    return read


@pytest.mark.parametrize("fraction", [False, True])
def test_the_phone_reads_the_numbers_that_the_server_reads(phone: Phone, fraction: bool) -> None:
    page = phone().new_page()
    read = dict(zip(EVERY, read_on_the_phone(page, EVERY, fraction), strict=True))
    on_server = {text: typed_number(text, decimals=fraction) for text in EVERY}
    assert len(EVERY) > 1500
    assert {text: number for text, number in read.items() if number is not None} == {
        text: float(number) for text, number in on_server.items() if number is not None
    }
