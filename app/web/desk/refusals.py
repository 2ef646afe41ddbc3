"""The sentences with values that refusals say, so that a page says them in the reader's language.

Whoever refuses writes the sentence in English with its values in it; programs and commands read it so. A page takes
the values out again by the sentence's form, and puts them into the same sentence of the reader's language.
"""

import re
from functools import cache

from app.web.language import gettext

PLACE = re.compile(r"%\((\w+)\)s")
LIST_JOINTS = re.compile("(, | or )")
NAMED_VALUES = frozenset(
    {"code", "study", "other", "site", "sites", "visit", "visits", "email", "file", "hook", "version"}
)
"""Places where a name stands, which is the same in each language: a study may be called `demo`."""
REFUSAL_FORMS = (
    "%(code)s has no open visit that wants an answer.",
    "%(code)s gets no texts: she has left, wants none, or said STOP.",
    "The number of %(code)s does not work. Correct it first.",
    "%(code)s was not asked about this visit yet. Its invitation is among the upcoming texts.",
    "A text about this visit to %(code)s waits to leave already.",
    "A text about this visit left to %(code)s not long ago. Wait some hours.",
    "%(code)s has had every reminder of this visit. Call her, or send a new link from her page.",
    "The window of this visit has closed for %(code)s: no text may be sent about it any more.",
    "You have noted this about %(code)s already.",
    "You have noted this call to %(code)s already.",
    "Somebody else takes care of %(code)s since. She can let go herself.",
    "%(code)s gets no texts any more, so there is nothing to pause.",
    "%(code)s said STOP, so there is nothing to pause.",
    "Say why, in 1 to %(most)s characters.",
    "Texts to %(code)s are not paused. Somebody let them leave again, or the day has come.",
    "Texts to %(code)s are paused. Let them leave again first, on the page of the pause.",
    "%(number)s visits were due and have no text",
    "%(number)s texts left without an attempt",
    "%(number)s texts left without the provider's number",
    "%(number)s texts whose attempts were not all kept",
    "%(number)s visits in another's text that say otherwise than it",
    "%(number)s texts of %(study)s fell due at once; if that is right: flask messages release",
    "no day of approval is recorded of site %(sites)s: flask site approve",
    "%(number)s patients take part in it, and nobody practises among patients",
    "%(number)s open: somebody works them off on Today",
    "%(number)s typed once, or not alike: a second person settles them, or they are begun again",
    "%(number)s undecided: an investigator signs them, or they are closed",
    "%(number)s of which nobody knows yet what became of them: the clock finds out within a day",
    "%(number)s forbid the use of their data from a day to come, which no lock lets come: wait, or undo",
    "the protocol names words of version %(version)s: flask wording install",
    "%(number)s people of the practice are in it: flask study set-aside %(study)s",
    "Write a name of 1 to %(most)s characters.",
    "You have %(most)s views already. Remove one first.",
    "There is a program %(code)s already.",
    "A name has at most %(most)s characters.",
    "%(email)s has an account already.",
    "Nobody here has the address %(email)s.",
    "%(email)s is disabled already.",
    "%(email)s is not disabled.",
    "Say in at most %(most)s characters what it does, and who answers for it.",
    "This webhook has no delivery %(delivery)s.",
    "%(study)s has %(most)s webhooks already. End one first.",
    "%(study)s has no webhook %(hook)s.",
    "Write one or more of: %(names)s.",
    "Ask for a day from %(first)s to %(last)s.",
    "This is a protocol of %(study)s, not of %(other)s.",
    "%(visit)s has no %(kind)s.",
    "This study writes by %(ways)s.",
    "%(kind)s of %(code)s is recorded so already.",
    "%(kind)s of %(code)s is recorded for then already. Call this one off instead.",
    "No randomisation of %(code)s is recorded, so none can be corrected.",
    "No withdrawal of %(code)s is recorded, so none can be taken back.",
    "Site %(site)s is not active yet, so nobody can be enrolled there.",
    "%(code)s was randomised on %(day)s.",
    "Nobody in %(study)s has the code %(code)s.",
    "%(code)s is taken.",
    "Site %(site)s has no number of six digits left. Write a code that was never given to anybody.",
    "%(kind)s of %(code)s is recorded already, on %(day)s.",
    "%(kind)s of %(code)s on %(day)s is noted already, at the same hour.",
    "%(day)s is more than ten years away. Check the year.",
    "%(day)s is more than ten years ago. Check the year.",
    "The protocol has no event %(kind)s; it has %(kinds)s.",
    "%(kind)s of %(code)s took place on %(day)s; it can no longer be moved.",
    "%(code)s has left the study, so nothing is signed for it.",
    "This is recorded already: %(document)s, signed on %(day)s.",
    "%(code)s has left the study.",
    "%(file)s is empty. Its first row names the columns: %(columns)s, and perhaps others.",
    "%(file)s has %(rows)s rows. Import at most %(most)s at a time.",
    "%(file)s names its columns, but nobody stands below them.",
    "The first row names the columns; there are %(columns)s.",
    "%(code)s is there already, and not as in this row.",
    "%(code)s is there already, with another value.",
    "Write at most %(count)s characters.",
    "Codes at this site begin with %(site)s-.",
    "%(code)s has this number already. If two participants share a telephone, say so.",
    "A code has letters, digits and hyphens, at most 20, such as %(site)s-017.",
    "Nobody was enrolled: %(things)s things need another look.",
    "%(code)s has recorded no such thing.",
    "%(code)s has left already (%(held)s), so “%(grade)s” cannot be recorded.",
    "It is recorded that %(code)s will leave. Undo that first.",
    "%(code)s was enrolled on %(day)s; nobody leaves before that.",
    "%(day)s is more than a year away. Check the year.",
    "“%(number)s” is not a telephone number. Write 8 digits, or + and the country.",
    "This study speaks %(languages)s.",
    "There is no time zone %(zone)s; write for example Europe/Oslo.",
    "The database does not know the time zone %(zone)s. Write an older name of it, or renew its zones first.",
    "Name the consent form in at most %(most)s characters.",
    "Name the version of the consent form in 1 to %(most)s characters.",
    "Give a day from %(day)s, when she was enrolled, to today.",
    "Write one of: %(names)s.",
    "This value cannot be taken: %(problem)s.",
    "%(where)s was not asked at this visit.",
    "Say the %(name)s, in a few words.",
    "Say the %(name)s.",
    "The %(name)s %(problem)s.",
    "This query was %(outcome)s already.",
    "%(study)s is %(state)s. Links to practise with are for before that.",
    "At site %(site)s these visits are asked: %(visits)s.",
    "%(study)s is %(state)s. It is locked once it is closed.",
    "%(study)s cannot be locked yet.",
    "The %(role)s has signed this already. The other role signs now.",
    "%(study)s is not locked.",
    "%(study)s cannot be %(state)s yet.",
    "This visit opened on %(day)s, so it cannot have been answered before.",
    "Keep it below %(most)s characters.",
    "She wrote %(texts)s that nobody has read yet. Read the task first, then close it.",
    "Keep the note below %(most)s characters.",
    "%(code)s takes part no longer.",
    "%(visit)s is open already for %(code)s.",
    "This token was not issued for: %(permission)s.",
    "%(email)s is disabled: a token that acts as her would open nothing.",
    "Your role in %(study)s does not include: %(permission)s.",
    "%(what)s holds all sites of the study, and your role does not.",
    "%(email)s is %(role)s in %(study)s already.",
    "%(email)s is not %(role)s in %(study)s %(where)s.",
    "Say in 1 to %(most)s characters why the second factor is reset.",
    "Say in 1 to %(most)s characters why the connection is removed.",
    "%(email)s is connected with no identity provider.",
    "%(manager)s manages no study in which %(email)s works.",
    "%(email)s has no second factor.",
    "There is no study %(study)s; installed: %(names)s.",
    "%(study)s has no protocol installed.",
    "%(study)s has no version %(version)s; it has %(versions)s.",
    "%(study)s has no site %(site)s.",
    "Version %(version)s of %(study)s has other content; raise the version.",
    "Site %(site)s of %(study)s is %(state)s already.",
    "Version %(version)s has no site %(site)s.",
    "Site %(site)s follows version %(former)s. When %(version)s is approved there: "
    "flask site follow %(study)s %(place)s %(same)s",
    "There is no participant %(code)s at your sites. Check the code.",
    "%(code)s has no visit %(visit)s.",
    "What was sent is too large: at most %(size)s kB at a time.",
    "%(study)s is %(state)s. It cannot %(act)s; that needs a study that is %(states)s.",
    "%(study)s is %(state)s. From there it can become %(states)s, not %(wanted)s.",
    "%(study)s is %(state)s. None of its texts leaves to a real telephone; that needs a live study.",
    "%(count)s test texts were sent to this number within the hour. Ask whether one came, and try again later.",
    "It was decided already that this text is not sent (%(reason)s). A new link can still be sent.",
    "Only an invitation or a reminder can be changed: %(kind)s, %(first)s to %(last)s.",
    "Use at least %(fewest)s characters; a few words are good.",
    "Use at most %(most)s characters.",
    "That was wrong too often. Wait %(seconds)s seconds, then try again.",
    "That was wrong too often. Wait %(minutes)s minutes, then try again.",
    "Addresses that end with %(ending)s are kept for programs, with which nobody signs in.",
    "An address has at most %(most)s characters, of ASCII alone, and no spaces.",
    "Say why in at least %(fewest)s characters; it goes into the audit trail.",
    "%(kind)s of %(code)s is recorded for %(days)s, not for %(day)s.",
    "%(kind)s of %(code)s is planned for %(days)s, not for %(day)s.",
    "In %(zone)s %(kind)s is on %(day)s, before the day of enrolment, %(first)s. "
    "If that day is wrong, correct it together with the zone.",
    "Something of %(code)s is recorded for %(day)s. Enrolment came no later.",
    "It is recorded that %(code)s left on %(day)s. Enrolment came no later.",
    "%(day)s lies in the future, or more than ten years ago. Check the year.",
    "Version %(version)s of the protocol, which %(code)s follows, has no such site.",
    "Site %(site)s is not active yet, so nobody can be there.",
    "%(value)s is recorded already.",
    "Randomisation cannot come before enrolment on %(day)s.",
    "Note it as the event `%(kind)s`.",
    "This instant is not on %(day)s in %(zone)s.",
    "%(day)s comes before %(code)s was enrolled, on %(first)s. Check the day; "
    "if the day of enrolment is wrong, correct that first.",
    "This is too long: at most %(most)s signs.",
    "Say why, in at most %(most)s characters.",
    "A live study needs the original words of %(instruments)s in %(language)s: flask wording install.",
    "This code of a paper has a slip in it: %(written)s. Compare it with the paper, letter by letter.",
    "Staff may open these visits for %(code)s: %(visits)s.",
    "Write her name, in at most %(most)s characters: signatures print it.",
    "%(email)s has an account already. Give her the role itself.",
    "%(file)s of the export of %(day)s is no longer on this machine.",
    "%(file)s of the export of %(day)s was altered since it was exported, so it is not handed out. "
    "Tell whoever runs the service: flask export verify.",
)


def reworded(sentence: str) -> str:
    """A sentence of one of these forms in the reader's language; any other as it is."""
    for form, pattern in _patterns():
        if (parts := pattern.fullmatch(sentence)) is not None:
            values = parts.groupdict().items()
            return gettext(form, **{name: value if name in NAMED_VALUES else _value(value) for name, value in values})
    return sentence


def _value(value: str) -> str:
    """A value in the reader's language; of a list, each of its parts."""
    said = gettext(value)
    return said if said != value else "".join(gettext(part) for part in LIST_JOINTS.split(value))


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Each form with what its sentences look like; what says most in its own words is tried first."""
    own = sorted(REFUSAL_FORMS, key=lambda form: -len(PLACE.sub("", form)))
    return tuple((form, re.compile(_pattern(form), re.DOTALL)) for form in own)


def _pattern(form: str) -> str:
    pieces = PLACE.split(form)
    return "".join(f"(?P<{piece}>.+)" if number % 2 else re.escape(piece) for number, piece in enumerate(pieces))
