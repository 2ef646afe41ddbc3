"""The SMS alphabet and its arithmetic, what a text may hold, and how it is filled in."""

from __future__ import annotations

from collections.abc import Collection
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.studies.health_words import health_words
from app.studies.texts import (
    GSM_BASIC,
    GSM_EXTENSION,
    LINK_KINDS,
    REPLY_KINDS,
    Segments,
    lint,
    lint_words,
    longest,
    named,
    render,
    segments,
)

SEGMENTS = [
    # text, encoding, units, number of SMS, characters outside the alphabet
    ("", "GSM-7", 0, 1, ""),
    ("Hei", "GSM-7", 3, 1, ""),
    ("æøåÆØÅ äöüñ èéùì", "GSM-7", 16, 1, ""),
    ("@£$¥ÇΔ_ΦΓΛΩΠΨΣΘΞß¤¡Ä§¿à\r\n", "GSM-7", 25, 1, ""),
    ("a" * 160, "GSM-7", 160, 1, ""),
    ("a" * 161, "GSM-7", 161, 2, ""),
    ("a" * 306, "GSM-7", 306, 2, ""),
    ("a" * 307, "GSM-7", 307, 3, ""),
    ("€", "GSM-7", 2, 1, ""),
    ("^{}\\[~]|€\f", "GSM-7", 20, 1, ""),
    ("a" * 158 + "€", "GSM-7", 160, 1, ""),
    ("a" * 159 + "€", "GSM-7", 161, 2, ""),
    ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3, ""),  # the euro sign is not cut in two
    ("a" * 151 + "€" + "a" * 153, "GSM-7", 306, 2, ""),
    ("Svar her – nå", "UCS-2", 13, 1, "–"),
    ("“Hei”", "UCS-2", 5, 1, "“”"),
    ("it’s", "UCS-2", 4, 1, "’"),
    ("vent…", "UCS-2", 5, 1, "…"),
    ("a`b", "UCS-2", 3, 1, "`"),
    ("čšŋ đ", "UCS-2", 5, 1, "čšŋđ"),
    ("á ç ó", "UCS-2", 5, 1, "áçó"),
    ("a\tb", "UCS-2", 3, 1, "\t"),
    ("a\u00a0b", "UCS-2", 3, 1, "\u00a0"),
    ("a\u030a", "UCS-2", 2, 1, "\u030a"),  # å in two characters
    ("–" * 70, "UCS-2", 70, 1, "–"),
    ("–" * 71, "UCS-2", 71, 2, "–"),
    ("–" * 134, "UCS-2", 134, 2, "–"),
    ("–" * 135, "UCS-2", 135, 3, "–"),
    ("🙂", "UCS-2", 2, 1, "🙂"),
    ("🙂" * 35, "UCS-2", 70, 1, "🙂"),
    ("🙂" * 67, "UCS-2", 134, 3, "🙂"),  # 33 whole ones fit in each part
    ("س" * 70, "UCS-2", 70, 1, "س"),
    ("س" * 71, "UCS-2", 71, 2, "س"),
    ("لا", "UCS-2", 2, 1, "لا"),  # drawn as one sign, sent as two
    ("٦ 6", "UCS-2", 3, 1, "٦"),
    ("\u200e1", "UCS-2", 2, 1, "\u200e"),
]


@pytest.mark.parametrize(("text", "encoding", "units", "count", "offending"), SEGMENTS)
def test_a_text_is_counted_as_the_network_counts(
    text: str, encoding: str, units: int, count: int, offending: str
) -> None:
    assert segments(text) == Segments(encoding, units, count, tuple(offending))


def test_the_alphabet_has_its_127_characters_and_10_more() -> None:
    """128 places with the escape character, which is none of its own."""
    assert (len(GSM_BASIC), len(GSM_EXTENSION)) == (127, 10)
    assert not GSM_BASIC & GSM_EXTENSION


@given(st.text(max_size=400))
def test_parts_are_neither_too_few_nor_half_empty(text: str) -> None:
    counted = segments(text)
    alone, joined = (160, 153) if counted.encoding == "GSM-7" else (70, 67)
    least = 1 if counted.units <= alone else -(-counted.units // joined)
    assert least <= counted.count <= least + 1 + counted.count // joined
    assert (counted.encoding == "GSM-7") == (not counted.offending)


def problems(template: str, kind: str = "invitation", senders: Collection[str] = ("The researchers",)) -> list[str]:
    linted = lint(kind, "en", template, senders=senders, phones=["+4721234561"], never=["BackToBasic", "RA"])
    return [problem.message for problem in linted]


SOUND = [
    ("invitation", "{sender}: Svar her: {link}"),
    ("reminder-1", "{link}"),
    ("reissue", "Ny lenke fra {sender}, {phone}: {link}"),
    ("stop", "{sender}: Ring {phone}."),
    ("thanks", "Takk, {sender}. Mottatt {at}."),
    ("question", "{n}/{of}: {lowest}-{highest}"),
    ("first", "{of}: {lowest}-{highest} {link}"),
    ("unclear", "{{sender}} er {sender}"),
    (
        "invitation",
        "Hello from us, back again and free: {link}",
    ),  # "back" and "from" tell nothing; "RA" is not in "from"
    ("invitation", "Bra: {link}"),
    ("invitation", "Bra:\n{link}\nTakk"),
    ("reminder-2", "{link} Takk."),
    ("together", "{link} {of}: {lowest}-{highest}"),
]


@pytest.mark.parametrize(("kind", "template"), SOUND)
def test_a_sound_text_has_no_problems(kind: str, template: str) -> None:
    assert problems(template, kind) == []


GLUED = [*".,;:!?)(]>\"'/-_&=*", "...", ". ", "a", "1", "Takk"]
"""What some telephones take to be a part of the link."""
UNSOUND = [
    # kind, template, what is said
    ("invitation", "Answer here", "needs one link and has 0"),
    ("invitation", "{link} or {link}", "needs one link and has 2"),
    ("help", "Answer here: {link}", "needs no link and has 1"),
    ("thanks", "Takk", "does not say {at}"),
    ("help", "Takk {at}", "has the unknown placeholder {at}"),
    ("together", "{of}: {lowest}-{highest}", "needs one link and has 0"),
    ("invitation", "{link} {name}", "has the unknown placeholder {name}"),
    ("invitation", "{link} {}", "has the unknown placeholder {}"),
    ("invitation", "{link} {0}", "has the unknown placeholder {0}"),
    ("invitation", "{link} {sender.real}", "has the unknown placeholder {sender.real}"),
    ("invitation", "{link} {sender!r}", "has the unknown placeholder {sender!r}"),
    ("invitation", "{link} {sender:>9}", "has the unknown placeholder {sender:>9}"),
    ("invitation", "{link} {", "has a brace without its partner"),
    ("invitation", "{link} }", "has a brace without its partner"),
    ("invitation", "{link} – svar", 'holds "–" (U+2013 EN DASH), which is not in the SMS alphabet'),
    ("invitation", "{link} ba\u030a", 'holds " " (U+030A COMBINING RING ABOVE), which is not in the SMS alphabet'),
    ("invitation", "{link} https://a.no/x", 'holds the address "https://a.no/x"'),
    ("invitation", "{link} www.a.no", 'holds the address "www.a.no"'),
    ("invitation", "{link} or Forms.Example.org/x", 'holds the address "Forms.Example.org/x"'),
    ("invitation", "{link} ryggen din", 'holds "ryggen", which tells of illness or of the trial'),
    ("invitation", "{link} Smertene dine", 'holds "Smertene", which tells of illness or of the trial'),
    ("invitation", "{link} Ryggsmerter", 'holds "Ryggsmerter", which tells of illness or of the trial'),
    ("invitation", "{link} sykehuset", 'holds "sykehuset", which tells of illness or of the trial'),
    ("invitation", "{link} PATIENTS", 'holds "PATIENTS", which tells of illness or of the trial'),
    ("invitation", "{link} your treatment", 'holds "treatment", which tells of illness or of the trial'),
    ("invitation", "{link} back-to basic", 'holds "BackToBasic", which tells of illness or of the trial'),
    *[("invitation", f"Svar her: {{link}}{after}", f'has "{after[0]}" directly after {{link}}') for after in GLUED],
    *[("reissue", f"Svar her: {{link}}{after} Takk", f'has "{after[0]}" directly after {{link}}') for after in GLUED],
    *[
        ("reminder-2", f"Svar her:{before}{{link}}", f'has "{before[-1]}" directly before {{link}}')
        for before in GLUED
        if before[-1] != " "
    ],
    *[(kind, "{sender}:{link}", 'has ":" directly before {link}') for kind in sorted(LINK_KINDS)],
    *[(kind, "{of} {lowest} {highest}{link}", 'has "}" directly before {link}') for kind in ("first", "together")],
    ("invitation", "{link}{sender}", 'has "{" directly after {link}'),
    ("invitation", "{link} ra", 'holds "RA", which tells of illness or of the trial'),
]


@pytest.mark.parametrize(("kind", "template", "said"), UNSOUND)
def test_an_unsound_text_is_told_what_is_wrong(kind: str, template: str, said: str) -> None:
    assert said in problems(template, kind)


def test_the_longest_sender_and_link_decide_the_length() -> None:
    template = "{sender}: {link} " + "." * 89
    assert problems(template, senders=["Us", "Us 2"]) == []
    assert problems(template, senders=["Us", "Us all"]) == [
        "takes 162 places of 160 in en, with the longest sender, phone number and link"
    ]
    linted = lint("invitation", "nb", template, senders=["x" * 10])
    assert linted[0].remedy == "Shorten it by 6"


ANY_LETTER = [
    # kind, template, parts, what is said
    ("stop", "Don oaččut dieđu {sender} {phone}", 1, None),
    ("stop", "Dziękuję, że jesteś. {phone}", 1, None),
    ("help", "ą" * 70, 1, None),
    ("help", "ą" * 71, 1, "takes 71 places of 70"),
    ("help", "ą" * 134, 2, None),
    ("help", "ą" * 135, 2, "takes 135 places of 134"),
    ("help", "ą" * 201, 3, None),
    ("help", "🙂" * 67, 2, "takes 134 places of 134"),  # 33 whole ones fit in each part
    ("help", "a" * 160, 1, None),  # of the SMS alphabet alone, it travels as before
    ("help", "a" * 161, 1, "takes 161 places of 160"),
    ("help", "a" * 306, 2, None),
    ("help", "a" * 307, 2, "takes 307 places of 306"),
    ("help", "a" * 151 + "€" + "a" * 153, 2, None),
    ("invitation", "Odpowiedź: {link}", 1, "takes 75 places of 70"),
    ("invitation", "Odpowiedź: {link}", 2, None),
    ("help", "a\u200bb", 1, 'holds " " (U+200B ZERO WIDTH SPACE)'),  # what nobody sees
    ("help", "a\u0328", 1, 'holds " " (U+0328 COMBINING OGONEK)'),
    ("help", "a\u00a0b", 1, "U+00A0"),
    ("help", "ból pacjenta pain ą", 1, 'holds "pain"'),
    ("help", "اتصل بنا على {phone}", 1, None),
    ("help", "س" * 57 + " {phone}", 1, None),  # 58, the mark that nobody sees, and the number's 11
    ("help", "س" * 58 + " {phone}", 1, "takes 71 places of 70"),
    ("invitation", "لديك استبيان: {link}", 2, None),
    ("invitation", "لديك استبيان:{link}", 2, 'has ":" directly before {link}'),
    ("invitation", "{link}، شكرا", 2, 'has "،" directly after {link}'),
    ("invitation", "لديك\u200f استبيان {link}", 2, 'holds " " (U+200F RIGHT-TO-LEFT MARK)'),
    ("help", "س\u0651", 1, 'holds " " (U+0651 ARABIC SHADDA)'),
]


@pytest.mark.parametrize(("kind", "template", "parts", "said"), ANY_LETTER)
def test_a_protocol_may_allow_any_letter_and_several_parts(
    kind: str, template: str, parts: int, said: str | None
) -> None:
    linted = lint(kind, "pl", template, senders=["Us"], phones=["+4721234561"], any_letter=True, parts=parts)
    if said is None:
        assert linted == ()
    else:
        (problem,) = linted
        assert problem.message.startswith(said) or said in problem.message


def test_what_takes_another_part_says_what_it_costs() -> None:
    (problem,) = lint("invitation", "pl", "Odpowiedź: {link}", any_letter=True)
    assert problem.remedy == "Shorten it by 5, or allow `parts: 2` under `sending`: each is paid for"


@pytest.mark.parametrize("piece", ["x", "a-", "a.", "pasient", "e\u0301", "{", "www."])
def test_no_text_takes_long_to_look_at(piece: str) -> None:
    began = process_time()
    assert lint("invitation", "nb", piece * 40_000, senders=["Sykehuset"], phones=["+4721234561"])
    list(health_words(piece * 40_000, "sv"))
    assert process_time() - began < 3


def test_every_fault_of_a_text_is_told_at_once() -> None:
    assert len(problems("{name} – pain", "invitation")) == 4


def test_a_replacement_is_offered_for_what_word_processors_write() -> None:
    remedies = [problem.remedy for problem in lint_words("“a” – b… a\u030a č")]
    assert remedies[0] == "Write '\"' instead"
    assert remedies[2:] == [
        "Write '-' instead",
        "Write '...' instead",
        "Type the letter again with its own key, so that it is one character",
        "Write it with letters of the SMS alphabet, or allow `encoding: ucs2` under `sending`",
    ]


def test_link_and_reply_kinds_are_different() -> None:
    assert not LINK_KINDS & REPLY_KINDS


def test_the_longest_is_the_one_that_takes_most_room() -> None:
    assert longest(["aaa", "€€", "b"]) == "€€"
    assert longest([]) == ""


@pytest.mark.parametrize("character", ["–", "č", "\u030a", "\n", "\ud800", "\U0001f642"])
def test_any_character_has_a_name_that_can_be_shown(character: str) -> None:
    assert f"U+{ord(character):04X}" in named(character)
    assert named(character).isprintable()


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Call {phone}", "Call +47 21 23 45 61"),
        ("اتصل على {phone}", "اتصل على \u200e+47 21 23 45 61"),  # unmarked it is shown as 61 45 23 21 47+
        ("חייגו {phone}", "חייגו \u200e+47 21 23 45 61"),
        ("استبيان {link}", "استبيان https://a.no/7"),
    ],
)
def test_a_number_among_letters_from_right_to_left_is_marked_as_written_from_left(template: str, text: str) -> None:
    assert render(template, phone="+47 21 23 45 61", link="https://a.no/7") == text


def test_what_cannot_be_seen_is_to_be_taken_out() -> None:
    (problem,) = lint("help", "ar", "اتصل \u200e{phone}", phones=["+4721234561"], any_letter=True)
    assert problem.remedy.startswith("Take it out: it cannot be seen")


def test_a_text_is_filled_in() -> None:
    text = render("{sender}: {link} ({{not a part}})", sender="Us {phone}", link="https://a.no/%7Bx%7D", phone="1")
    assert text == "Us {phone}: https://a.no/%7Bx%7D ({not a part})"


@pytest.mark.parametrize("template", ["{sender} {link}", "{sender.__class__}", "{0}", "{sender!r}"])
def test_a_part_that_is_not_given_is_an_error(template: str) -> None:
    with pytest.raises(ValueError, match="which is not given"):
        render(template, sender="Us")


@given(st.text(alphabet=st.characters(categories=["L", "N", "Zs"]), max_size=50))
def test_what_is_filled_in_is_what_is_sent(word: str) -> None:
    assert render("{sender}!", sender=word) == f"{word}!"
