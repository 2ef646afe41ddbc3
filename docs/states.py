"""`python -m docs.states`: write docs/states.md from the table of what a study may do in each state."""

from pathlib import Path

from app.studies.states import MAY, MEANING, NEXT, PRACTICE, Act, StudyState

PAGE = Path(__file__).parent / "states.md"
HEAD = """# The states of a study

A study is in one state, and the state says what may be done: at the desk, by the API, at the shell, by the clock and
on the patient's page alike. All of them ask one table, `MAY` in `app/studies/states.py`; `python -m docs.states`
writes this page from it, and a test holds that the page is what the table says. What a state does not allow is
refused with a sentence that names the states that do.

`flask study show STUDY` says where a study stands, what it may do, and all that each state that may follow still asks
for. `flask study state STUDY STATE --reason "..."` puts it there.

"""
FOOT = """
## Practice

In `setup` and `demo` everybody is made up. Real telephones ring for nobody; with the sandbox (`SVAR_GATEWAY=sandbox`)
the texts are on `/sandbox/`, where the links work. Demonstration wording may show, and every page says that it is no
real study. Who is enrolled then is marked (`participants.practice`), the manifest of an export says `"practice":
true`, and a study in `setup` exports into a folder of its own, `STUDY-practice`.

`flask study practice-link STUDY VISIT [--site CODE] [--language CODE] --as ADDRESS` prints a link that opens one visit
as a patient sees it, for seven days; at the desk it is "Practise a visit" on the page of the study. Somebody is made up
for it, marked like the others, without a telephone, an address or a day 0: nothing is sent to her and nothing else is
planned. What is answered there stands in the exports of the practice alone. A study that is live has no such links.

A study that holds made-up people does not go live. `flask study set-aside STUDY --reason "..."` moves them, with all
their visits, texts, answers and exports, into a closed study of their own, `STUDY-practice`. Nothing of the practice
is deleted, and nothing of it is ever counted with a patient's.

## Going live

`live` is refused until everything is there, and everything that is missing is said at once: original wordings where a
licence asks for them, in each language of each version of the protocol that is in use; somebody who answers for items
that ask about danger to life; an active site, and the day of the ethics approval of each that is (`flask site activate
STUDY SITE --approved-on DAY --reference "..." --reason "..."`; `flask site approve` fills it in); no made-up people.

A site begins and ends by itself, as approvals and contracts come: where it is not active, nobody is enrolled and no
text leaves. Who takes part there can still answer a link that she has.

## Closing, locking, archiving

In `closed` nobody is enrolled, texted or asked. A patient who opens her link reads that the study is over, and whom
to call. The record is still put right: events that were forgotten, corrections that an investigator signs.

`locked` is refused while tasks are open, corrections undecided, or texts on their way, and while somebody forbids the
use of her data from a day to come. Answers that were begun and never sent are ended by then, as the protocol says
(thrown away, or kept as partial). Only that somebody leaves, or forbids the use of her data, is still recorded, for
today or before: that is her right at any time. From the second signature on the study's time stands still: a visit that
was open then is open in every count, page and export, never missed, and the tables of each later night have the same
bytes. The clock plans nothing in it, moves no window, lets nobody leave whose day comes, and writes no text: what came
due meanwhile is noted once the study is `closed` again. A lock is undone by putting the study back to `closed`, with a
reason.

`archived` is for ever: the study is only read.

## What is kept

```sh
flask study archive STUDY FOLDER --reason "..."      # locked, or archived already
```

writes into a new folder all that is to be kept, and archives the study: `export/` as a night's, each version of the
protocol as it was installed, the questionnaires with scoring and words, every answered visit as a PDF in the words that
were shown (a correction stands beside what it corrects), the whole audit trail, and an `index.html`. Nothing of it
needs Svar. `sha256sum -c SHA256SUMS` holds each file against its hash, on any machine; the hash of that list, which the
command tells, is kept elsewhere. Broken off, there is no such folder.

`flask participants report STUDY CODE FOLDER --reason "..."` writes all that is held of one person, for her who asks:
every record of hers in every table, her name and number, what she wrote, each answered visit, every change, and who
looked at what. That it was made stands with her record.

## What goes for good

```sh
flask study forget-contacts STUDY --reason "..."     # closed, locked or archived; asks for the study's code again
flask study delete STUDY --reason "..."              # archived, or practice: one person asks
flask study delete STUDY --confirm STUDY             # another one does it, within 14 days
flask study erasures [STUDY] [--out FILE]            # the certificates
```

`forget-contacts` takes away who people are: names, telephone numbers and what they are found by, PINs, years of birth,
and what they or strangers wrote from a telephone. Pseudonyms, answers, texts' times and the trail stay.

`delete` takes every row of the study, in one transaction: broken off, everything is there. Of the audit trail it takes
the content: an entry still says that, when and by whom a row was changed, and keeps the hash of what it said, so that
seals and anchors hold (`flask audit verify` counts such entries, and finds one that no certificate covers). Keys that
opened this study alone are revoked. The study's exports on this machine's disk go too; a command that was broken off
before that is given again. Entries that seals of the first form cover, of an installation from before those of the
second, keep their content.

A certificate says what went, how much of it, who asked, who did it, when and why, with a SHA-256 of all that. Back-ups
from before still hold what went, and so may the provider of texts: their keeping is the site's own affair.
"""


def page() -> str:
    """The page."""
    return HEAD + _states() + "\n## What each may do\n\n" + _acts() + FOOT


def _states() -> str:
    lines = ["| state | the study is | then |", "|---|---|---|"]
    for state in StudyState:
        following = ", ".join(f"`{name}`" for name in NEXT[state]) or "-"
        lines.append(f"| `{state}` | {MEANING[state]} | {following} |")
    return "\n".join(lines) + "\n"


def _acts() -> str:
    lines = [f"| | {' | '.join(f'`{state}`' for state in StudyState)} |", "|---" * (len(StudyState) + 1) + "|"]
    for act in Act:
        lines.append(f"| {act} | {' | '.join(_said(state, act) for state in StudyState)} |")
    return "\n".join(lines) + "\n"


def _said(state: StudyState, act: Act) -> str:
    if act not in MAY[state]:
        return "no"
    return "practice" if state in PRACTICE else "yes"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
