"""A letter's own words: without what is quoted below, without addresses, from pages too."""

from contextlib import suppress
from time import process_time

import pytest

from app.messages.receiving.letters import own_words, read_letter, says_stop
from app.messages.receiving.returned_mail import read_return

LONG, SOON = 100_000, 5
HEAD = "From: Kari <Kari@Example.org>\r\nMessage-ID: <1@example.org>\r\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello", "Hello"),
        ("Hello\r\n> quoted\r\n> more", "Hello"),
        ("Hello\n\nOn Mon, 2 Mar 2026 at 09:00, Svar <svar@h.example> wrote:\n> Hi", "Hello"),
        ("Hei\n\nman. 2. mars 2026 kl. 09:00 skrev Svar\n> Hei", "Hei\n\nman. 2. mars 2026 kl. 09:00 skrev Svar"),
        ("Hei\n\nDen 2. mars 2026 kl. 09:00 skrev Svar:\nHei", "Hei"),
        ("Hallo\n\nAm 02.03.2026 um 09:00 schrieb Svar:\nHallo", "Hallo"),
        ("Bonjour\n\nLe 2 mars 2026 à 09:00, Svar a écrit :\n> Bonjour", "Bonjour"),
        ("Hello\n-----Original Message-----\nFrom: us", "Hello"),
        ("Hei\n________________________________\nFra: oss", "Hei"),
        ("On Monday I wrote a diary", "On Monday I wrote a diary"),
        ("See https://svar.example/a/secret now", "See (…) now"),
        ("a\0b", "ab"),
        ("x" * 30_000, "x" * 20_000),
        ("", ""),
        ("> only quoted", ""),
        ("Bonjour\nLe 2 mars, Svar a écrit\u00a0:\n> Bonjour", "Bonjour"),
        ("Hei\nDen 2. mars skrev Svar <svar@h.example> følgende:\nHei", "Hei"),
    ],
)
def test_what_is_quoted_or_an_address_is_not_hers(text: str, words: str) -> None:
    assert own_words(text) == words


@pytest.mark.parametrize(
    ("text", "is_stop"),
    [
        ("STOPP", True),
        ("STOPP\n\nSendt fra min iPhone\n\n> 2. mars 2026 kl. 09:00 skrev Svar:\n> Hei", True),
        ("Stop\n\nSent from my Galaxy", True),
        ("Stopp\r\n\r\nFå Outlook for iOS<https://aka.ms/o0ukef>\r\n______________\r\nFra: oss", True),
        ("Arrêt\nEnvoyé de mon iPhone\n", True),
        ("Stopp\nVon meinem iPhone gesendet", True),
        ("Stopp ikke\nSendt fra min iPhone", False),
        ("Stopp\nbare denne gangen", False),
        ("Sent from my iPhone", False),
        ("", False),
    ],
)
def test_stop_is_heard_above_the_line_of_a_mail_program(text: str, is_stop: bool) -> None:
    assert says_stop(own_words(text)) is is_stop


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("Content-Type: text/plain; charset=latin1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nbl=E5", "blå"),
        ("Content-Type: text/html\r\n\r\n<style>p {}</style><p>a &lt; b</p><p>c<br>d</p>", "a < b\nc\nd"),
        ("Content-Type: text/html\r\n\r\n<HEAD><style>a</STYLE ></head >b<script>c", "bc"),
        ("Content-Type: text/plain; charset=klingon\r\n\r\nhei", "hei"),
        ("Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA", ""),
        ("Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<b>no</b>\r\n"
         "--x\r\nContent-Type: text/plain\r\n\r\nyes\r\n--x--", "yes"),
        ("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nhers\r\n--x\r\n"
         "Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nfile\r\n--x--", "hers"),
    ],
    ids=["latin", "page", "odd page", "charset", "picture", "both", "attachment"],
)  # fmt: skip
def test_the_words_are_found_in_whatever_form_they_come(rest: str, words: str) -> None:
    letter = read_letter((HEAD + rest).encode())
    assert letter is not None
    assert (letter.words, letter.sender) == (words, "kari@example.org")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Message-ID: <1@x>\r\n\r\na", "Message-ID: <1@x>\r\n\r\nb", True),
        ("Message-ID: <1@x>\r\n\r\na", "Message-ID: <2@x>\r\n\r\na", False),
        ("Subject: a\r\n\r\na", "Subject: a\r\n\r\na", True),
        ("Subject: a\r\n\r\na", "Subject: a\r\n\r\nb", False),
    ],
)
def test_a_letter_is_known_by_its_message_id_or_else_by_every_byte(first: str, second: str, same: bool) -> None:
    letters = [read_letter(raw.encode()) for raw in (first, second)]
    assert len({letter.sid for letter in letters if letter}) == (1 if same else 2)
    assert max(len(letter.sid) for letter in letters if letter) <= 60


@pytest.mark.parametrize(
    "text",
    [
        "On wrote " + "a" * LONG,
        "On wrote" + " a" * LONG,
        "On " + "wrote " * LONG,
        "On wrote " + "a" * 380,
        "On wrote" + " a:" * 120,
        "_" * LONG + "x",
        "On wrote:" + " " * LONG + "x",
        "\n" * LONG + "x",
    ],
    ids=range(8),
)
def test_no_letter_takes_long_to_read(text: str) -> None:
    """A mail of a stranger stops the clock of everybody as long as it is looked at."""
    began = process_time()
    own_words(text)
    assert process_time() - began < SOON


@pytest.mark.parametrize(
    "piece", ["<", "<br ", "<style", "<style></styl", "<head><script>", "</p <", "&lt;", "<a href='"]
)
def test_no_page_takes_long_to_read(piece: str) -> None:
    began = process_time()
    read_letter(f"{HEAD}Content-Type: text/html\r\n\r\n{piece * LONG}".encode())
    assert process_time() - began < SOON


@pytest.mark.parametrize("name", ["From", "Message-ID", "Content-Type", "References", "Precedence"])
@pytest.mark.parametrize("piece", ["a@b,", "a*0=x;", "=?utf-8?q?x?=", '"', "\r\n x"])
def test_no_head_takes_long_to_read(name: str, piece: str) -> None:
    began = process_time()
    with suppress(Exception):  # a head that is none is noted by whoever reads the mailbox
        raw = f"{name}: x; {piece * 20_000}\r\n\r\nhello".encode()
        assert read_return(raw) is None
        read_letter(raw)
    assert process_time() - began < SOON
