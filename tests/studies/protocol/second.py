"""A small protocol of format 2 to make mistakes in: a trial of the knee with a diary, flares, and a long follow-up."""

from __future__ import annotations

from tests.studies.protocol.protocols import errors as errors
from tests.studies.protocol.protocols import read as read

SECOND = """\
format: 2
study: knee
version: "1"
title: {en: The knee}
languages: [en]
country: NO
zone: Europe/Oslo
urgent_help: {en: "Call 113."}
sites:
  - code: "01"
    name: First
    sender: {en: The researchers}
    phone: "21 23 45 61"
  - code: "02"
    name: Second
    sender: {en: The researchers up north}
    phone: "21 23 45 62"
anchor: surgery
events:
  surgery: {title: {en: Surgery}, hour: "08:00"}
  flare: {title: {en: Flare}, recurs: true}
windows:
  short: {opens: 0, closes: 2d, grace: 1d, reminders: [{day: 1, at: "17:00"}]}
  diary: {closes: +4h, reminders: [{day: 2h}]}
visits:
  - {code: start, after: enrolment, closes: 7d, minutes: 3, instruments: [odi]}
  - {code: before, opens: -7d, due: -1d, closes: surgery, minutes: 3, instruments: [odi]}
  - {code: morning, days: 1-14, at: "07:30", window: diary, minutes: 1, instruments: [nrs_lbp]}
  - {code: evening, days: 1-14, at: "19:30", window: diary, minutes: 1, instruments: [nrs_lbp]}
  - {code: quarter, title: {en: Quarter}, every: 3m, until: 5y, window: short, minutes: 5, instruments: [odi]}
  - {code: flare-week, after: flare, day: 1w, window: short, minutes: 2, instruments: [nrs_lbp]}
sending: {at: "09:00", earliest: "07:00", latest: "20:00", holidays: wait, daily_cap: 50}
answers: {skipping: asked_once, late: keep, drafts: discard, pause_days: 1}
never_in_texts: []
messages:
  invitation: {en: "{sender}: Answer here: {link}"}
  reminder-1: {en: "{sender}: Still time: {link}"}
  reissue: {en: "{sender}: A new link: {link}"}
  stop: {en: "{sender}: Call {phone}."}
  start: {en: "{sender}: Thank you."}
  help: {en: "{sender}: Call {phone}."}
  test: {en: "{sender}: A test."}
"""
FLARES = "  - {code: flare-week, after: flare, day: 1w, window: short, minutes: 2, instruments: [nrs_lbp]}\n"


def second(*changes: tuple[str, str]) -> str:
    """The protocol with some of its words exchanged."""
    text = SECOND
    for old, new in changes:
        assert old in text, f"{old!r} is not in the protocol"
        text = text.replace(old, new, 1)
    return text


def with_visit(visit: str) -> str:
    """The protocol with one more visit, `{code: ..., ...}`, of a minute and one questionnaire."""
    return second((FLARES, FLARES + f"  - {{{visit}, minutes: 1, instruments: [odi]}}\n"))
