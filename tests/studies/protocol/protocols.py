"""A small protocol to make mistakes in, and where a mistake of each kind is reported."""

from __future__ import annotations

from app.studies.protocol import Protocol, ProtocolErrors, read_protocol
from app.yaml_files import Mistake

INSTRUMENTS = ("odi", "nrs_lbp", "nrs_lbp_week", "hscl25")
SAFETY = ("hscl25",)

SMALL = """\
study: small
version: "1"
title: {nb: En liten utprøving, en: A small trial}
languages: [nb, en]
country: NO
zone: Europe/Oslo
urgent_help: {nb: "Ring 113.", en: "Call 113."}
sites:
  - code: "01"
    name: First
    sender: {nb: Forskerne, en: The researchers}
    phone: "21 23 45 61"
  - code: "02"
    name: Second
    sender: {nb: Forskerne i nord, en: The researchers up north}
    phone: "+47 21 23 45 62"
anchor: first_dose
events:
  first_dose: {nb: Første dose, en: First dose}
windows:
  before: {opens: -7, due: -1, closes: first_dose, grace: 0, reminders: []}
  short:
    opens: 0
    due: 0
    closes: 2
    grace: 1
    reminders:
      - {day: 1, at: 17:00}
      - {day: 2, at: 12:00}
visits:
  - {code: d0, day: 0, window: before, minutes: 9, instruments: [odi, nrs_lbp]}
  - {code: d7, day: 7, window: short, minutes: 2, instruments: [nrs_lbp_week]}
  - {code: d14, day: 14, window: short, minutes: 2, instruments: [nrs_lbp_week]}
sending: {at: 09:00, earliest: 08:00, latest: 20:00, holidays: wait, daily_cap: 50}
answers: {skipping: asked_once, late: keep, drafts: discard, pause_days: 1}
never_in_texts: [Smallumab]
messages:
  invitation: {nb: "{sender}: Svar her: {link}", en: "{sender}: Answer here: {link}"}
  reminder-1: {nb: "{sender}: Svar her: {link}", en: "{sender}: Answer here: {link}"}
  reminder-2: {nb: "{sender}: Svar her: {link}", en: "{sender}: Answer here: {link}"}
  reissue: {nb: "{sender}: Ny lenke: {link}", en: "{sender}: A new link: {link}"}
  stop: {nb: "{sender}: Ring {phone}.", en: "{sender}: Call {phone}."}
  start: {nb: "{sender}: Takk.", en: "{sender}: Thank you."}
  help: {nb: "{sender}: Ring {phone}.", en: "{sender}: Call {phone}."}
  test: {nb: "{sender}: En prøve.", en: "{sender}: A test."}
"""


def small(*changes: tuple[str, str]) -> str:
    """The small protocol with some of its words exchanged."""
    text = SMALL
    for old, new in changes:
        assert old in text, f"{old!r} is not in the small protocol"
        text = text.replace(old, new, 1)
    return text


def read(text: str | bytes) -> Protocol:
    return read_protocol(text, INSTRUMENTS, SAFETY)


def errors(text: str | bytes) -> list[Mistake]:
    """Everything that is wrong; nothing for a sound protocol."""
    try:
        read(text)
    except ProtocolErrors as refused:
        return list(refused.errors)
    return []


def line_of(text: str, words: str) -> int:
    """The number of the line on which the words begin."""
    return text.count("\n", 0, text.index(words)) + 1
