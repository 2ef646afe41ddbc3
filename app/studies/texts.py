"""Message texts: filling in, counting as the network counts, and refusing what a text to a patient must not hold.

A text may lie open on a kitchen table and be read by strangers: it says who writes and holds a link, and nothing of
illness, trial or person. It fits one SMS, because a text in two parts costs twice and can arrive in halves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from string import Formatter

from app.studies.health_words import health_words

# 3GPP TS 23.038 (GSM 03.38), default alphabet and its extension table; a character of the latter takes two places.
GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("\f^{}\\[~]|€")

MOST_REMINDERS = 9
REMINDER_TEXTS = tuple(f"reminder-{number}" for number in range(1, MOST_REMINDERS + 1))
LINK_KINDS = frozenset({"invitation", *REMINDER_TEXTS, "reissue"})
REPLY_KINDS = frozenset({"stop", "start", "help", "test"})
KINDS = LINK_KINDS | REPLY_KINDS
PARTS = ("sender", "link", "phone")
ADDRESS = re.compile(
    r"(?:https?:|www\.)\S*|\b[\w-]+(?:\.[\w-]+)*\.(?:no|com|org|net|eu|se|dk|fi|de|uk|io|app|info)\b\S*", re.I
)
"""What a phone would show as a link. A text has one: ours."""
RANGE = {"lowest": "0", "highest": "100"}
SMS_KINDS: dict[str, dict[str, str]] = {
    "first": {"of": "6", **RANGE},
    "together": {"of": "6", **RANGE},
    "question": {"n": "6", "of": "6", **RANGE},
    "unclear": {},
    "thanks": {"at": "23:59"},
}
"""The texts of an answer by SMS, with what each must tell, at its longest."""
OPENING = ("first", "together")
LONGEST_LINK = 64
LONGEST_TEXT = 2000
"""Far beyond any text; some of what is looked for takes ever longer in a longer one."""
LEFT_TO_RIGHT = "\u200e"
"""The mark that nobody sees: the digits after it stand as they are written."""


@dataclass(frozen=True)
class Segments:
    """How a text travels: `units` are septets of GSM-7 or 16-bit units of UCS-2; `offending` forces the latter."""

    encoding: str
    units: int
    count: int
    offending: tuple[str, ...]


@dataclass(frozen=True)
class TextProblem:
    """What is wrong with a template, and what to do."""

    message: str
    remedy: str


def segments(text: str) -> Segments:
    """Count as the network does: 160 or 153 septets of GSM-7, else 70 or 67 units of UCS-2.

    No character is cut in two.
    """
    offending = tuple(dict.fromkeys(c for c in text if c not in GSM_BASIC and c not in GSM_EXTENSION))
    if offending:
        widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
        return Segments("UCS-2", sum(widths), _parts(widths, 70, 67), offending)
    widths = [2 if character in GSM_EXTENSION else 1 for character in text]
    return Segments("GSM-7", sum(widths), _parts(widths, 160, 153), ())


def _parts(widths: list[int], alone: int, joined: int) -> int:
    if sum(widths) <= alone:
        return 1
    count, room = 1, joined
    for width in widths:
        if width > room:
            count, room = count + 1, joined
        room -= width
    return count


def render(template: str, **parts: str) -> str:
    """Fill in `{sender}`, `{link}` and `{phone}`; a part that is not given is an error, never an empty place.

    Among letters that are written from right to left a telephone would show the groups of a number in the wrong order.
    """
    filled = []
    if "phone" in parts and is_right_to_left(template):
        parts["phone"] = LEFT_TO_RIGHT + parts["phone"]
    for literal, name in _pieces(template):
        filled.append(literal)
        if name is not None:
            if name not in parts:
                raise ValueError(f"the text asks for {{{name}}}, which is not given")
            filled.append(parts[name])
    return "".join(filled)


def is_right_to_left(text: str) -> bool:
    """Whether any of it is written so: Arabic, Hebrew and their kin."""
    return any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)


def lint(
    kind: str,
    language: str,
    template: str,
    *,
    senders: Collection[str] = (),
    phones: Collection[str] = (),
    never: Collection[str] = (),
    longest_link: int = LONGEST_LINK,
    any_letter: bool = False,
    parts: int = 1,
) -> tuple[TextProblem, ...]:
    """All that is wrong with a template, tried with the longest sender, phone number and link it will meet.

    It keeps to the SMS alphabet unless `any_letter` is allowed, and to so many `parts`, each an SMS that is paid for.
    """
    try:
        names = [name for _, name in _pieces(template) if name is not None]
    except ValueError:
        return (TextProblem("has a brace without its partner", "Write placeholders as {sender}, {link} or {phone}"),)
    problems = [
        *_placeholder_problems(kind, names),
        *_glued_links(template),
        *lint_words(template, never, any_letter, language),
    ]
    if not problems:
        written = at_its_longest(kind, template, senders, phones, longest_link)
        problems += _length_problems(language, written, parts)
    return tuple(problems)


def at_its_longest(
    kind: str, template: str, senders: Collection[str], phones: Collection[str], longest_link: int = LONGEST_LINK
) -> str:
    """The text as it takes most room: with the longest sender, phone number, link and figures it will meet."""
    filled = {"sender": longest(senders), "phone": longest(phones), "link": "x" * longest_link}
    return render(template, **filled, **SMS_KINDS.get(kind, {}))


def lint_words(
    text: str, never: Collection[str] = (), any_letter: bool = False, language: str = ""
) -> Iterator[TextProblem]:
    """What no text and no sender's name may hold: words of illness in its language, the trial's own words, addresses.

    And characters outside GSM-7, unless `any_letter` is allowed; what nobody sees is refused in any case.
    """
    if len(text) > LONGEST_TEXT:
        yield TextProblem(f"has {len(text)} characters, of {LONGEST_TEXT} that are looked at", "Shorten it")
        return
    for character in segments(text).offending:
        if any_letter and character.isprintable() and not unicodedata.combining(character):
            continue
        yield TextProblem(f"holds {named(character)}, which is not in the SMS alphabet", _replacement(character))
    if address := ADDRESS.search(text):
        yield TextProblem(f'holds the address "{address.group()}"', "Write {link} where the link belongs")
    for word in dict.fromkeys([*health_words(text, language), *_own_words(text, never)]):
        yield TextProblem(f'holds "{word}", which tells of illness or of the trial', "Say it in neutral words")


def longest(texts: Collection[str]) -> str:
    """The one that takes most room in an SMS."""
    return max(texts, key=lambda text: segments(text).units, default="")


def named(character: str) -> str:
    """A character as a person can find it: itself, its number and its name."""
    shown = character if character.isprintable() and not unicodedata.combining(character) else " "
    return f'"{shown}" (U+{ord(character):04X} {unicodedata.name(character, "without a name")})'


def _pieces(template: str) -> Iterator[tuple[str, str | None]]:
    """Literal text and the placeholder after it; ValueError for a lone brace."""
    for literal, name, form, conversion in Formatter().parse(template):
        suffix = f"{'!' + conversion if conversion else ''}{':' + form if form else ''}"
        yield literal, None if name is None else f"{name}{suffix}"


def _placeholder_problems(kind: str, names: list[str]) -> Iterator[TextProblem]:
    must = SMS_KINDS.get(kind, {})
    for name in dict.fromkeys(names):
        if name not in (*PARTS, *must):
            close = get_close_matches(name, (*PARTS, *must), n=1) or ["sender"]
            yield TextProblem(f"has the unknown placeholder {{{name}}}", f"Did you mean {{{close[0]}}}?")
    for name in must:
        if name not in names:
            yield TextProblem(f"does not say {{{name}}}", f"Write {{{name}}} where it belongs")
    wanted, number_of_links = int(kind in LINK_KINDS or kind in OPENING), names.count("link")
    if number_of_links != wanted:
        remedy = "Write {link} exactly once" if wanted else "Leave the link out: there is nothing to answer"
        yield TextProblem(f"needs {'one link' if wanted else 'no link'} and has {number_of_links}", remedy)


def _glued_links(template: str) -> Iterator[TextProblem]:
    """What touches a link becomes part of it on some telephones, which then open nothing."""
    for match in re.finditer(re.escape("{link}"), template):
        before, after = template[: match.start()][-1:], template[match.end() :][:1]
        for beside, where in ((before, "before"), (after, "after")):
            if beside not in ("", " ", "\n"):
                yield TextProblem(f'has "{beside}" directly {where} {{link}}', f"Leave a space {where} {{link}}")


def _length_problems(language: str, text: str, parts: int) -> Iterator[TextProblem]:
    sms = segments(text)
    if sms.count <= parts:
        return
    alone, joined = (160, 153) if sms.encoding == "GSM-7" else (70, 67)
    room = alone if parts == 1 else parts * joined
    message = f"takes {sms.units} places of {room} in {language}, with the longest sender, phone number and link"
    more = "" if sms.encoding == "GSM-7" else f", or allow `parts: {sms.count}` under `sending`: each is paid for"
    yield TextProblem(message, f"Shorten it by {max(1, sms.units - room)}{more}")


def _own_words(text: str, never: Collection[str]) -> Iterator[str]:
    """Long words of the trial in any spelling; short ones as whole words, or "RA" would be is_held in "fra"."""
    squeezed = _squeeze(text)
    for word in never:
        is_held = (
            _squeeze(word) in squeezed if len(_squeeze(word)) >= 5 else re.search(rf"\b{re.escape(word)}\b", text, re.I)
        )
        if is_held:
            yield word


def _squeeze(text: str) -> str:
    """Letters and digits alone, so that "Back-to-Basic" is found as "BackToBasic"."""
    return "".join(character for character in text.casefold() if character.isalnum())


def _replacement(character: str) -> str:
    plain = {
        "–": "-",
        "—": "-",
        "…": "...",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "‘": "'",
        "’": "'",
        "\u00a0": " ",
    }
    if unicodedata.category(character) == "Cf":
        return "Take it out: it cannot be seen, and a phone number is set from left to right without it"
    if unicodedata.combining(character):
        return "Type the letter again with its own key, so that it is one character"
    if character in plain:
        return f"Write {plain[character]!r} instead"
    return "Write it with letters of the SMS alphabet, or allow `encoding: ucs2` under `sending`"
