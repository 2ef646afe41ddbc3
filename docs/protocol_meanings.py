"""The words of docs/protocol.md: what each key of the file says, and the ways to say when."""

from collections.abc import Mapping

from app.studies.texts import MOST_REMINDERS, REMINDER_TEXTS

PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("The file", ()),
    ("`sites`", ("sites",)),
    ("`safety`", ("safety",)),
    ("`events`", ("events",)),
    ("`windows`", ("windows",)),
    ("`reminders`", ("windows", "reminders")),
    ("`visits`", ("visits",)),
    ("`random`", ("visits", "random")),
    ("`only_if`", ("visits", "only_if")),
    ("`baseline`", ("baseline",)),
    ("`periods`", ("baseline", "periods")),
    ("`instruments`", ("instruments",)),
    ("`sending`", ("sending",)),
    ("`answers`", ("answers",)),
    ("`sms_replies`", ("sms_replies",)),
    ("`email`", ("email",)),
)
"""The parts of the file, in the order of the page, and where each is."""

MEANINGS: Mapping[str, str] = {
    "format": "The format of the file.",
    "study": "The study's code; a new version of the same study keeps it.",
    "version": "Other content needs another version.",
    "title": "What staff call the study, in each language.",
    "registrations": "Where it is registered, by register.",
    "languages": "In which patients are written to; the first is the default.",
    "country": "Two letters: whose telephone numbers and public holidays count, unless a site says its own.",
    "subdivision": "The part of the country, where parts have holidays of their own; `national`: only those of all.",
    "zone": "The time zone in which participants live, unless a site says its own, or it is said of one of them.",
    "urgent_help": "On every page that a patient sees, in each language.",
    "safety": "Who answers when somebody may be in danger; needed by questionnaires that ask about it.",
    "sites": "Where people are enrolled.",
    "anchor": "The event that is day 0; `enrolment` unless another is named.",
    "events": "What can happen to a participant, by a name of your own.",
    "windows": "Windows that several visits share, by a name of your own.",
    "visits": "What is asked, and when.",
    "primary_visit": "The visit that the trial is about: who is late for it is called first.",
    "instruments": "Questionnaires pinned to a version, wording or missing rule.",
    "value_sets": "By questionnaire, the value sets of its scores; the first is the principal one.",
    "sending": "When texts leave, and how many.",
    "answers": "What becomes of empty, late and never sent answers.",
    "never_in_texts": "Words that no text to a patient may hold; words of illness in its language are refused anyway.",
    "sms_replies": "Whether short visits are answered by SMS, and in which words.",
    "channels": "By what patients are written to, `sms` or `email`, the first that works; who takes part may choose "
    "another order. A text whose e-mail comes back is sent by SMS.",
    "email": "What an e-mail has besides the text of its kind; needed where `channels` names `email`.",
    "email.subject": "On any screen that lies on a table: neutral words.",
    "email.footer": "Below each e-mail, with {unsubscribe} once.",
    "messages": f"The texts by kind: `invitation`, `reminder-1` to `{REMINDER_TEXTS[-1]}`, `reissue`, `stop`, `start`, "
    "`help`, `test`. "
    "A third or later reminder without a text says what the one before it does.",
    "baseline": "The last answer before an event (unless you say otherwise, the anchor), that of a visit, that "
    "of a visit in each period of a cross-over, or `none`.",
    "sites.code": "Two or three digits; codes of participants begin with it.",
    "sites.name": "For staff.",
    "sites.sender": "What patients read, on any screen that lies on a table.",
    "sites.phone": "Whom patients call.",
    "sites.country": "Where it is another than the protocol's. Its own numbers are not foreign there.",
    "sites.subdivision": "The part of its country, or `national`, likewise.",
    "sites.zone": "Where its participants live.",
    "sites.language": "What most of its participants speak.",
    "sites.urgent_help": "Instead of the protocol's.",
    "sites.safety": "Instead of the protocol's, with the same keys.",
    "safety.answered_by": "Who does, for staff.",
    "safety.within_hours": "So soon the task must be done.",
    "safety.help": "What is said on screen, in each language.",
    "events.title": "What it is called, in each language.",
    "events.recurs": "It may happen more than once; visits that follow it come each time.",
    "events.hour": "Staff may note the day alone; it counts as having happened at this hour.",
    "windows.opens": "The first day or hour, from the visit's own; not in months.",
    "windows.due": "When the answer is due; when it closes, unless you say so.",
    "windows.closes": "The last day or hour, or the name of the event from which the visit is counted: at its start.",
    "windows.grace": "So long after closing an answer is kept, and flagged as late.",
    "windows.reminders": f"Up to {MOST_REMINDERS}, in their order; they follow only while the answer is missing.",
    "windows.reminders.day": "The day from the visit's own, with its `at`; or hours after opening, without.",
    "windows.reminders.at": "The local hour.",
    "visits.code": "What exports and the API call it. A series has `-1`, `-2` behind it.",
    "visits.title": "What people call it, in each language; `day 28` without.",
    "visits.after": "The event from which it is counted; several for the same visits after each (`-a`, `-b`).",
    "visits.day": "How far from the event; before it with `-`.",
    "visits.every": "A series: again and again after so long, first after one such stretch, or on `day`.",
    "visits.until": "The end of the series, from the event; a visit on it is the last.",
    "visits.days": "A visit on each of these days.",
    "visits.at": "The hour at which it opens and rings; several for several visits a day.",
    "visits.random": "At hours by chance, drawn once for each participant and always the same.",
    "visits.window": "One of `windows`; or write the keys of a window here.",
    "visits.opens": "As in `windows`.",
    "visits.due": "As in `windows`.",
    "visits.closes": "As in `windows`.",
    "visits.grace": "As in `windows`.",
    "visits.reminders": "As in `windows`.",
    "visits.minutes": "How long it takes, as patients are told.",
    "visits.instruments": "The questionnaires, in their order.",
    "visits.sites": "Asked at these sites only.",
    "visits.only_if": "Asked only while this holds; what is asked already and not answered is cancelled when an "
    "event ends it. What was planned because of an answer stays.",
    "visits.opened_by": "In no plan: staff open it on the participant's page, each time as a visit of its own.",
    "visits.random.earliest": "The beginning of the stretch.",
    "visits.random.latest": "Its end.",
    "visits.random.times": "So many prompts a day: one in each equal part of the stretch.",
    "visits.only_if.happened": "This event has taken place.",
    "visits.only_if.not_happened": "This event has not taken place.",
    "visits.only_if.score": "A score that she has, with its questionnaire; within limits that follow.",
    "visits.only_if.answer": "An answer that she has given, with its questionnaire, likewise.",
    "visits.only_if.visit": "At which visit; without, at any.",
    "visits.only_if.at_least": "It is this or more.",
    "visits.only_if.at_most": "It is this or less.",
    "visits.only_if.among": "It is one of these.",
    "baseline.last_before": "The last answer before this event took place.",
    "baseline.visit": "The answer of this visit.",
    "baseline.periods": "In a cross-over, a visit for each period, under the name of the event that begins it. A visit "
    "is of the period from whose event it is counted, or whose baseline it is; one of no period has no baseline.",
    "baseline.periods.visit": "The answer of this visit, and where it is missing that of no other.",
    "instruments.version": "The version of the definition.",
    "instruments.sha256": "Of the definition, where even the same version must not differ.",
    "instruments.minimum_answered": "So many items must be answered for a score.",
    "instruments.wordings": "By language, the version of the words.",
    "sending.at": "Invitations of visits that have no hour of their own.",
    "sending.earliest": "No prompt before this hour.",
    "sending.latest": "None from this hour on.",
    "sending.holidays": "Whether prompts wait for the end of public holidays, those of each site.",
    "sending.together": "What one person is asked at the same moment is one text; its link leads from visit to visit.",
    "sending.daily_cap": "Prompts a day for the whole study; more must be a mistake.",
    "sending.answers_cap": "Texts a day that answer what patients write.",
    "sending.holidays_added": "Days that count as public holidays here: a date, or month and day of every year.",
    "sending.holidays_dropped": "Public holidays that are days like others here.",
    "sending.encoding": "Which letters a text may hold; `ucs2` has 70 to an SMS.",
    "sending.parts": "Of how many SMS a text may be.",
    "answers.skipping": "What an empty question does.",
    "answers.late": "What becomes of answers within the grace.",
    "answers.drafts": "What becomes of what was begun and never sent.",
    "answers.pause_days": "So long reminders wait after “not able today” and “please call me”.",
    "answers.summary": "What the patient sees after sending.",
    "answers.birth_year": "Whether the year of birth is asked first, to notice a wrong number.",
    "sms_replies.allowed": "Whether they may be, for participants who agreed.",
    "sms_replies.form": "A question a text, or all of them together.",
    "sms_replies.texts": "The words: `first` or `together`, `question`, `unclear`, `thanks`.",
}

WAYS: tuple[tuple[str, str], ...] = (
    (
        "**Around an event**, before it, on it, after it; each of several events has its own visits.",
        "- {code: before, after: surgery, opens: -7d, due: -1d, closes: surgery, minutes: 5, instruments: [odi]}\n"
        "- {code: week-6, after: surgery, day: 6w, opens: -3d, closes: 7d, minutes: 5, instruments: [odi]}\n"
        "- {code: six-hours, after: surgery, day: 6h, closes: +4h, minutes: 1, instruments: [nrs_lbp]}\n",
    ),
    (
        "**A series.** First after three months, then every three, to the end of the fifth year: twenty visits.",
        "- {code: quarter, every: 3m, until: 5y, closes: 14d, minutes: 5, instruments: [odi]}\n",
    ),
    (
        "**A diary**, morning and evening for two weeks, each with four hours of its own and a reminder after two.",
        '- {code: morning, days: 1-14, at: "07:30", closes: +4h, reminders: [{day: 2h}], minutes: 1, '
        "instruments: [nrs_lbp]}\n"
        '- {code: evening, days: 1-14, at: "19:00", closes: +4h, reminders: [{day: 2h}], minutes: 1, '
        "instruments: [nrs_lbp]}\n",
    ),
    (
        "**Three times a day at hours by chance**, for a week.",
        '- {code: moment, days: 1-7, random: {earliest: "09:00", latest: "19:00", times: 3}, closes: 1h, minutes: 1, '
        "instruments: [nrs_lbp]}\n",
    ),
    (
        "**Each time something happens**: on the day of a flare, and a week after it.",
        "- {code: flare-day, after: flare, closes: 1d, minutes: 1, instruments: [nrs_lbp]}\n"
        "- {code: flare-week, after: flare, day: 1w, closes: 2d, minutes: 1, instruments: [nrs_lbp]}\n",
    ),
    (
        "**A cross-over**: the same visits in each period, counted from the beginning of each. With `baseline: "
        "{periods: {first_period: {visit: start}, second_period: {visit: period-b-1}}}` each period is compared with a "
        "visit of its own.",
        "- {code: period, after: [first_period, second_period], every: 1w, until: 4w, closes: 2d, minutes: 5, "
        "instruments: [odi]}\n",
    ),
    (
        "**Only at some sites, only under a condition, only when staff say so.**",
        '- {code: mri, sites: ["02"], day: 90, closes: 14d, minutes: 2, instruments: [odi]}\n'
        "- {code: waiting, after: enrolment, day: 6m, only_if: {not_happened: surgery}, closes: 14d, minutes: 5, "
        "instruments: [odi]}\n"
        "- {code: severe, day: 8w, only_if: {score: odi.odi, visit: base, at_least: 40}, closes: 7d, minutes: 5, "
        "instruments: [odi]}\n"
        "- {code: base, after: enrolment, closes: 7d, minutes: 5, instruments: [odi]}\n"
        "- {code: extra, opened_by: staff, closes: 7d, minutes: 5, instruments: [odi]}\n",
    ),
)
"""Sentences, each with visits that a test reads inside the whole file."""
