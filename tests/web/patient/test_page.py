"""Every pair of colours can be read, and the script stays small."""

import gzip
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.web.patient.page import PAGE_SCRIPTS, Page, script, style
from tests.some import some

PAIRS = [
    ("ink", "paper", 7.0), ("quiet", "paper", 4.5), ("accent", "paper", 4.5), ("paper", "accent", 4.5),
    ("alarm", "paper", 4.5), ("care", "paper", 4.5), ("good", "paper", 4.5),
]  # fmt: skip


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


TONE = r"--(\w+):#([0-9a-f]{6}|[0-9a-f]{3})\b"


def _long(tone: str) -> str:
    return "#" + (tone if len(tone) == 6 else "".join(2 * digit for digit in tone))


def tokens() -> tuple[dict[str, str], dict[str, str]]:
    blocks = re.findall(r":root\{(.*?)\}", style())
    light, dark = ({name: _long(tone) for name, tone in re.findall(TONE, block)} for block in blocks[:2])
    assert len(light) == len(dark) + 1 == 9
    return light, light | dark


@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_colours_can_be_read_in_light_and_dark(front: str, back: str, least: float) -> None:
    for scheme in some(tokens()):
        lighter, darker = sorted((luminance(scheme[front]), luminance(scheme[back])), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= least, scheme[front]


def test_what_is_served_is_what_is_made_of_the_sources() -> None:
    """In a process of its own: the minifier's runtime does not bear a fork."""
    command = [sys.executable, "-m", "docs.small", "--check"]
    checked = subprocess.run(command, cwd=Path(__file__).parents[3], capture_output=True, encoding="utf-8", check=False)
    assert (checked.returncode, checked.stdout) == (0, ""), "make small"


def test_a_phone_of_2018_can_read_the_scripts() -> None:
    for name in PAGE_SCRIPTS:
        for newer in ("?.", "??", "||=", "&&=", "**=", ".at(", ".replaceAll(", "#", "catch{"):
            assert newer not in re.sub(r'"[^"]*"|`[^`]*`', '""', script(name)), (name, newer)


def test_the_script_is_small_and_asks_nobody_else() -> None:
    assert len(gzip.compress(script().encode(), 9)) < 5 * 1024
    assert "http" not in script()
    assert "eval(" not in script()
    assert "innerHTML" not in script()


HEAD = b"<html><head><title>Takk</title><style>main{color:#123456}</style>"


@pytest.mark.parametrize("level", [1, 6, 9])
@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"no style here",
        HEAD,
        HEAD + "<p>Svarene kom 11:00. ✓</p>".encode() * 900,
        HEAD + b"<p>another, of the same beginning</p>",
        HEAD.replace(b"Takk", b"Thanks") + b"<style>a second one</style>",
        HEAD + b"<p>with two</p><script>first()</script><p>and</p><script>last()</script>",
    ],
)
def test_a_page_is_compressed_whole_whatever_it_begins_with(plain: bytes, level: int) -> None:
    for _ in range(2):  # also when its beginning was compressed before
        assert gzip.decompress(Page(plain, level).gzipped) == plain
    assert Page(plain, level).gzipped[4:8] == b"\0" * 4, "no time in it: the same page is the same bytes"
    heads_of_two_blocks = 20
    assert len(Page(plain, level).gzipped) <= len(gzip.compress(plain, level)) + heads_of_two_blocks
