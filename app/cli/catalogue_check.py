"""What is wrong with a catalogue of the patients' words: sentences it lacks, placeholders lost, what got too long."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir

APP = Path(__file__).parents[1]
SOURCES = [
    ("web/patient/**.py", "python"),
    ("web/answer_errors.py", "python"),
    ("web/questions.py", "python"),
    ("templates/patient/**.html", "jinja2"),
]
GETTEXT_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "later": None}
PLACEHOLDER = re.compile(r"%\(\w+\)s")
SHORT, TIMES_AS_LONG = 40, 1.9
"""A button may be so long in any language; what is longer may be so many times as long as the English."""


@cache
def patients_sentences() -> tuple[str, ...]:
    """Every sentence of the patients' pages, in English."""
    extracted = extract_from_dir(APP, SOURCES, keywords=GETTEXT_KEYWORDS)
    return tuple(dict.fromkeys(message if isinstance(message, str) else message[0] for _, _, message, *_ in extracted))


def catalogue_problems(catalogue: Catalog) -> Iterator[str]:
    """Each thing to mend before patients read it."""
    for sentence in patients_sentences():
        message = catalogue.get(sentence)
        if message is None or not all(_texts(message.string)):
            yield f"lacks: {sentence}"
        else:
            yield from _mistakes(message)


def _mistakes(message: Message) -> Iterator[str]:
    forms = _texts(message.id)
    for said in _texts(message.string):
        wanted = max((set(PLACEHOLDER.findall(form)) for form in forms), key=len)
        lost = wanted.symmetric_difference(PLACEHOLDER.findall(said))
        if lost and (len(forms) == 1 or not lost <= wanted):
            yield f"must hold the same {', '.join(sorted(lost))} as the English: {said}"
        if len(said) > max(SHORT, TIMES_AS_LONG * max(map(len, forms))):
            yield f"is too long for a telephone ({len(said)} characters): {said}"


def _texts(of: object) -> list[str]:
    return [of] if isinstance(of, str) else [str(each) for each in of] if isinstance(of, list | tuple) else []
