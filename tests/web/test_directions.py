"""Words in the patient's language run as that language is written, wherever staff read them too."""

import re
from pathlib import Path

import pytest

from app import __file__ as package

TEMPLATES = Path(package).parent / "templates"
SPOKEN = re.compile(r"<[^<>]*\blang=\"\{\{[^}]*\}\}\"(?:[^<>{}]|\{[{%].*?[}%]\})*>")
OF_STAFF = ("base.html", "desk/base.html")
"""What these say is in a language of the desk's, all of which run from left to right."""
WRITTEN = {
    "desk/task.html": "text.words",
    "desk/stranger.html": "text.words",
    "sandbox/phone.html": "{{ body }}",
    "stand_in/telephone.html": "{{ words }}",
    "stand_in/telephones.html": "text.body",
}
"""Where somebody's own words are shown, in whatever language she wrote them."""


def elements() -> list[tuple[str, str]]:
    """Each element whose language is somebody's own, with its template; but links that are a language's name."""
    every = sorted(TEMPLATES.rglob("*.html"))
    names = [(path, str(path.relative_to(TEMPLATES))) for path in every]
    tags = [
        (name, tag) for path, name in names if name not in OF_STAFF for tag in SPOKEN.findall(path.read_text("utf-8"))
    ]
    return [(name, tag) for name, tag in tags if "hreflang" not in tag]


def test_whatever_names_its_language_names_its_direction() -> None:
    every = elements()
    assert len(every) > 15
    assert [(name, tag) for name, tag in every if "dir=" not in tag] == []


@pytest.mark.parametrize("name", WRITTEN)
def test_words_that_somebody_wrote_run_as_they_begin(name: str) -> None:
    lines = [line for line in (TEMPLATES / name).read_text("utf-8").splitlines() if WRITTEN[name] in line]
    assert lines
    assert [line for line in lines if 'dir="auto"' not in line and "<bdi>" not in line] == []
