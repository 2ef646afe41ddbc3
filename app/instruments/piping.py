"""An earlier answer within a later question: `${pain}` in the words of an item.

Where the answer is not there (not given yet, or the words stand on paper, in a codebook, in an export) its `unanswered`
words stand in its place, so that a question reads well wherever it is read.
"""

import re
from collections.abc import Iterator, Mapping

from app.instruments.model import TOGETHER, Instrument, ItemType

PIPE = re.compile(r"\$\{([^{}]{0,60})\}")


def parts_of(text: str) -> tuple[tuple[str, str], ...]:
    """The text in pieces: words with no item beside them, and items whose answers stand there."""
    pieces = PIPE.split(text)
    return tuple((piece, "") if number % 2 == 0 else ("", piece) for number, piece in enumerate(pieces) if piece)


def without_answers(text: str, unanswered: Mapping[str, str]) -> str:
    """As the text reads where nothing is answered."""
    return "".join(words or unanswered.get(item, "") for words, item in parts_of(text))


def piping_problems(instrument: Instrument, texts: Mapping[str, str]) -> Iterator[str]:
    """Answers that cannot stand where a text wants them."""
    codes = [item.code for item in instrument.items]
    together = {group.code for group in instrument.groups if group.layout in TOGETHER}
    for place, text in texts.items():
        _, code, part = [*place.split("."), "", ""][:3]
        if "${" not in text:
            continue
        if not place.startswith("items.") or part != "text" or code not in codes:
            yield f"{place}: an answer can stand in the text of an item alone"
        elif instrument.item(code).group in together:
            yield f"{place}: the line of a list shows no answer; ask it by itself"
        else:
            yield from _misplaced(instrument, place, text, codes[: codes.index(code)], texts)


def _misplaced(
    instrument: Instrument, place: str, text: str, earlier: list[str], texts: Mapping[str, str]
) -> Iterator[str]:
    if text.count("${") != len(PIPE.findall(text)):
        yield f"{place}: write the answer of an item as ${{item}}"
    for item in PIPE.findall(text):
        if item not in earlier:
            yield f"{place}: ${{{item}}} is not an earlier item"
        elif instrument.item(item).type is ItemType.TICKS:
            yield f"{place}: ${{{item}}} is a box of a list, and has no words to show"
        elif f"items.{item}.unanswered" not in texts:
            yield f"items.{item}.unanswered: this string is missing; it stands where ${{{item}}} is not answered"
