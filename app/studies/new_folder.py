"""A new study's folder: a commented protocol that passes its checks, written from a dozen answers (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass

PROTOCOL = """\
# Who is asked what, when, and in which words. Written by `flask study new`; change it as you like.
# `flask protocol check` says everything that is wrong with this file, with its line; `flask protocol simulate` counts
# the texts; `flask rehearse --study` plays the whole study with made-up people.

format: 2
study: {code}                  # what the study is called in addresses, commands and exports; never changes
version: "1"                   # raise it with each amendment
title: {{{titles}}}
languages: [{languages}]       # the first one is the default
country: "{country}"           # whose holidays and telephone numbers
{subdivision}zone: {zone}
urgent_help:                   # stands on every page: answers are not read at once
{urgent_help}
sites:                         # names that are texted (`sender`) must tell nothing of illness
{sites}
# Day 0 of the visits. `hour` is when a day alone counts as having begun; `recurs: true` is for what happens again.
anchor: {anchor}
events:
  {anchor}: {{title: {{{anchor_titles}}}, hour: "08:00"}}

# How long a visit is open, and when she is reminded. closes: how long after it opens; grace: late answers are kept.
windows:
  usual: {{opens: 0, closes: {closes}, grace: 7d, reminders: [{{day: 2, at: "17:00"}}, {{day: 5, at: "17:00"}}]}}

visits:
  - {{code: before, opens: -14d, due: -1d, closes: {anchor}, minutes: 5, instruments: [{instruments}]}}
  - {{code: follow, every: {every}, until: {until}, window: usual, minutes: 5, instruments: [{instruments}]}}

sending: {{at: "09:00", earliest: "08:00", latest: "20:00", holidays: {holidays}, daily_cap: 500}}
answers:
  skipping: asked_once         # an empty question: asked_once | refused
  late: keep                   # after closing, within grace: keep | refuse
  drafts: discard              # begun and never sent: discard | keep
  pause_days: 1                # "not able today" holds reminders back for so long
never_in_texts: []             # words that no text may hold, such as the name of the treatment
{safety}
# One text message each: at most 160 plain characters, with the longest sender and link.
messages:
{messages}
"""

SUBDIVISION = """\
subdivision: {part}            # whose parts differ in holidays; a site elsewhere in it names its own
"""

SITE_LINES = """\
  - code: "{code}"
    name: {name}
    sender: {{{senders}}}
    phone: "{phone}"
"""

SAFETY = """
# A questionnaire asks about danger to life: who answers, within what time, and the help that is shown at once.
safety:
  answered_by: "Write here who reads such an answer, and how she is reached"
  within_hours: 24
  help:
{help}
"""

SIMULATION = """\
# How the made-up people of a rehearsal behave (`flask rehearse --study .`). Each key may be left out.

participants: {participants}
seed: 1
enrolled_over_days: 30
reminded: 0.2                  # the share of visits that are answered after a reminder ...
never: 0.1                     # ... and of those that are never answered
leaves: 0.05                   # the share of people who leave
delay_hours: 3                 # from the text to the answer, on average
events:                        # so many days after enrolment, drawn between the two
  {anchor}: {{after_days: [14, 28]}}
"""

URGENT = {
    "en": "Answers are not read at once. If you need help now, call your emergency number.",
    "nb": "Svarene leses ikke med en gang. Trenger du hjelp straks, ring nødnummeret.",
    "nn": "Svara blir ikkje lesne med ein gong. Treng du hjelp straks, ring naudnummeret.",
}
"""By language, in those that patients' pages speak."""
TEXTS_TO_FILL: dict[str, dict[str, str]] = {
    "invitation": {
        "en": "{sender}: We have some questions for you. Answer here: {link}",
        "nb": "{sender}: Vi har noen spørsmål til deg. Svar her: {link}",
        "nn": "{sender}: Vi har nokre spørsmål til deg. Svar her: {link}",
    },
    "reminder-1": {
        "en": "{sender}: We have not had your answers yet. There is still time: {link}",
        "nb": "{sender}: Vi har ikke fått svaret ditt ennå. Det er fortsatt tid: {link}",
        "nn": "{sender}: Vi har ikkje fått svaret ditt enno. Det er framleis tid: {link}",
    },
    "reminder-2": {
        "en": "{sender}: Last reminder. We hope that you will answer: {link}",
        "nb": "{sender}: Siste påminnelse. Vi håper du vil svare: {link}",
        "nn": "{sender}: Siste påminning. Vi håper du vil svare: {link}",
    },
    "reissue": {
        "en": "{sender}: Here is a new link. The old one no longer works: {link}",
        "nb": "{sender}: Her er en ny lenke. Den gamle virker ikke lenger: {link}",
        "nn": "{sender}: Her er ei ny lenkje. Den gamle verkar ikkje lenger: {link}",
    },
    "stop": {
        "en": "{sender}: You will get no more messages from us. To change your mind, send START or call {phone}.",
        "nb": "{sender}: Du får ikke flere meldinger fra oss. Ombestemmer du deg, send START eller ring {phone}.",
        "nn": "{sender}: Du får ikkje fleire meldingar frå oss. Ombestemmer du deg, send START eller ring {phone}.",
    },
    "start": {
        "en": "{sender}: Thank you, you will get our messages again. Send STOP to end them.",
        "nb": "{sender}: Takk, du får meldinger fra oss igjen. Send STOPP for å slippe.",
        "nn": "{sender}: Takk, du får meldingar frå oss igjen. Send STOPP for å sleppe.",
    },
    "help": {
        "en": "{sender}: We do not read replies to texts. Call us on {phone}. Send STOP to end our messages.",
        "nb": "{sender}: Vi leser ikke svar på SMS. Ring oss på {phone}. Send STOPP for å slippe meldinger.",
        "nn": "{sender}: Vi les ikkje svar på SMS. Ring oss på {phone}. Send STOPP for å sleppe meldingar.",
    },
    "test": {
        "en": "{sender}: This is a test. If you can read it, all is well. Questions? Call {phone}.",
        "nb": "{sender}: Dette er en prøve. Kom den fram, er alt i orden. Spørsmål? Ring {phone}.",
        "nn": "{sender}: Dette er ei prøve. Kom ho fram, er alt i orden. Spørsmål? Ring {phone}.",
    },
}
SPOKEN = tuple(URGENT)


@dataclass(frozen=True)
class NewStudy:
    """What was answered."""

    code: str
    title: str
    languages: Sequence[str]
    country: str
    subdivision: str | None
    zone: str
    sites: Sequence[str]
    sender: str
    phone: str
    anchor: str
    every: str
    until: str
    instruments: Sequence[str]
    participants: int
    waits_on_holidays: bool = True
    asks_about_danger: bool = False


def protocol_of(new: NewStudy) -> str:
    """The text of `protocol.yaml`."""
    senders = ", ".join(f"{language}: {quoted(new.sender)}" for language in new.languages)
    sites = "".join(
        SITE_LINES.format(code=f"{number:02d}", name=quoted(name), senders=senders, phone=new.phone)
        for number, name in enumerate(new.sites, 1)
    )
    urgent = {language: URGENT[language] for language in new.languages}
    return PROTOCOL.format(
        code=new.code,
        titles=_in_each(new.title, new.languages),
        languages=", ".join(new.languages),
        country=new.country,
        subdivision=SUBDIVISION.format(part=quoted(new.subdivision)) if new.subdivision else "",
        zone=new.zone,
        holidays="wait" if new.waits_on_holidays else "send",
        urgent_help=_listed(urgent, 2),
        sites=sites,
        anchor=new.anchor,
        anchor_titles=_in_each(new.anchor.replace("_", " ").capitalize(), new.languages),
        closes="7d" if new.every.endswith("d") and int(new.every[:-1]) < 14 else "10d",
        every=new.every,
        until=new.until,
        instruments=", ".join(new.instruments),
        safety=SAFETY.format(help=_listed(urgent, 4)) if new.asks_about_danger else "",
        messages="\n".join(
            f"  {kind}:\n{_listed({language: words[language] for language in new.languages}, 4)}".rstrip()
            for kind, words in TEXTS_TO_FILL.items()
        ),
    )


def simulation_of(new: NewStudy) -> str:
    """The text of `simulation.yaml`."""
    return SIMULATION.format(participants=new.participants, anchor=new.anchor)


def quoted(words: str) -> str:
    """A text as YAML takes it, whatever stands in it."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _in_each(words: str, languages: Sequence[str]) -> str:
    return ", ".join(f"{language}: {quoted(words)}" for language in languages)


def _listed(words: dict[str, str], indent: int) -> str:
    return "".join(f"{' ' * indent}{language}: {quoted(text)}\n" for language, text in words.items())
