"""`python -m docs.faults`: write docs/faults.md from the list below and from the tests that name a fault.

A test names the fault that it holds by its number: `test_f16_thirty_at_once_leave_one_response`.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "faults.md"
NAMED = re.compile(r"test_f(\d+)_(\w+)")
HEAD = """# Faults

What may go wrong, what must hold nevertheless, and the tests that see to it. A test names its fault by the number
(`test_f16_...`), so that a failing test leads here and a new one is missed by nobody. This page is made from those
names by `make faults`; what each number means is in `docs/faults.py`.

The list follows how such systems have failed where it was published: SQLite's account of its own testing and Jepsen's
analyses (crashes, lost acknowledgements), Twilio's documentation and its users' reports (calls without an idempotency
key, callbacks out of order, previews that open links), OWASP's Application Security Verification Standard 5.0
(requests, sessions, secrets), and what ICH E6(R3) and EMA's guideline on computerised systems (2023) ask of records
in trials.

| | what goes wrong | what holds | tests |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Fault:
    """One thing that may go wrong, and the promise; `untested` says why no test names it."""

    number: int
    goes_wrong: str
    holds: str
    untested: str = ""


FAULTS: Sequence[Fault] = (
    Fault(
        1,
        "a worker is killed between noting the attempt and asking the provider",
        "the text is `unknown` and looked for; it leaves once more at most, and never silently not at all",
    ),
    Fault(
        2,
        "a worker is killed after the provider took the text, before that is noted",
        "callback or list tells; one text leaves",
    ),
    Fault(
        3,
        "workers are killed at random, hundreds of times",
        "each text leaves once, or is flagged; none is lost",
    ),
    Fault(
        4,
        "a worker sleeps past its lease while another takes over",
        "it writes over nobody when it wakes: the epoch has moved on",
    ),
    Fault(5, "several clocks start at once", "each text leaves once"),
    Fault(
        6,
        "the provider says *too many requests*",
        "the text waits as long as it was told to, and leaves once",
    ),
    Fault(
        7,
        "the provider answers with a server error, before or after taking the text",
        "it is asked what it took; nothing is repeated blindly",
    ),
    Fault(
        8,
        "the provider takes the text and then hangs, drips or breaks off",
        "the text is `unknown`; no other waits for it",
    ),
    Fault(
        9,
        "no connection, no name, a wrong certificate, refused credentials",
        "the breaker opens with one alert, the queue is kept, and waking hours are kept when it closes",
    ),
    Fault(
        10,
        "the provider refuses a text, with a code that is known or not, or with no JSON at all",
        "each refusal has its consequence; an unknown one breaks nothing",
    ),
    Fault(11, "delivery reports come in the wrong order", "the end is the same, and each report is kept"),
    Fault(12, "the same report comes several times at once", "one event is kept"),
    Fault(13, "a report has a wrong, a short or no signature", "it is refused and leaves no row"),
    Fault(14, "a signed report was changed on the way", "it is refused"),
    Fault(
        15,
        "a true report is of a text that we do not know",
        "it is kept as an orphan; more than three a day raise an alert",
    ),
    Fault(
        16,
        "the same answers are sent many times at once, or different ones",
        "one response is kept; who sent the same is told so, who sent others is refused",
    ),
    Fault(17, "an old submission is played again", "nothing changes"),
    Fault(
        18,
        "answers come just before or after the window closes, or the phone's clock is wrong",
        "the server's time and the protocol's rule decide; what is late says so in the export",
    ),
    Fault(
        19,
        "somebody guesses links, or tries old, revoked or another study's",
        "every refusal reads alike, and guessing is slowed while real links open",
    ),
    Fault(
        20,
        "a link, a number or a name gets into a log, an export or the trail",
        "it is found nowhere in the open",
    ),
    Fault(
        21,
        "PostgreSQL restarts at once while answers are being sent",
        "what was acknowledged is there once, and no half questionnaire",
    ),
    Fault(
        22,
        "a file database is killed while it writes",
        "nothing to hold",
        untested="there is no file database: PostgreSQL is the only one",
    ),
    Fault(
        23,
        "the database is away for a while",
        "patients are told so in their language and keep their answers; the clock goes on when it is back",
    ),
    Fault(24, "the n-th write of a run fails, whichever it is", "what was there before is whole"),
    Fault(
        25,
        "the nightly export breaks off: a full disk, a kill, a stop between two renames",
        "the old export is whole, nothing half-written stays, and the next run completes it",
    ),
    Fault(26, "answers come in while an export is written", "all its tables are of one moment"),
    Fault(
        27,
        "a patient's words begin like a spreadsheet's formula",
        "they are written as text and read back to the letter; plain numbers are left alone",
    ),
    Fault(
        28,
        "a body is huge, endless, deep or packed",
        "it is refused quickly, and is no error of ours",
    ),
    Fault(
        29,
        "a body is not UTF-8, or holds NUL, half characters, right-to-left marks",
        "what is no text is left out or named, the rest is kept to the letter",
    ),
    Fault(
        30,
        "an answer is out of range, of another kind, missing, doubled or not asked for",
        "the field is named in the patient's language, nothing is taken as sent, and her other answers are kept",
    ),
    Fault(31, "an answer holds SQL, markup or a template", "it is text"),
    Fault(
        32,
        "a migration is taken back and made again, or meets a busy table",
        "nothing is left behind; it gives up rather than let the service wait",
    ),
    Fault(
        33,
        "the application's own role changes or deletes what was submitted or the audit trail",
        "PostgreSQL refuses it",
    ),
    Fault(
        34,
        "somebody with all rights changes, deletes or reorders entries of the trail, or makes the chain anew",
        "`flask audit verify` names the first broken link; a new chain is found by its anchor",
    ),
    Fault(
        35,
        "clocks jump: summer time, a leap of an hour or a day",
        "no text is lost or doubled, and local hours are kept",
    ),
    Fault(
        36,
        "somebody withdraws, says STOP, answers or gets another number while a text waits",
        "the claim asks again, and the text does not leave",
    ),
    Fault(
        37,
        "staff of one site ask for another site's people, in every role and on every route",
        "they are not found, also where a query forgot to ask",
    ),
    Fault(
        38,
        "the database is stolen",
        "numbers, names, tokens and PINs are in it only closed or hashed, with a key that is elsewhere",
    ),
    Fault(
        39,
        "an old back-up is restored, and the clock starts",
        "nothing leaves twice: texts are held until the provider was asked",
    ),
    Fault(
        40,
        "a wrong setting: a flood of texts, a wrong text, a number abroad",
        "caps and a person's word hold it back; wrong texts are refused when the protocol is installed",
    ),
    Fault(
        41,
        "STOP and its like, help, nothing at all, two thousand characters come in",
        "STOP is heard first and ends all texts; what fits nothing goes to a person",
    ),
    Fault(42, "a robot opens the link to preview it", "nothing changes, and the link stays good"),
    Fault(
        43,
        "no JavaScript, two tabs, a page that is killed, a line that drops while sending",
        "the answers are there, once, or the page says what to do",
    ),
    Fault(
        44,
        "keys and tokens are changed while the service runs",
        "what was sent and closed before still opens while both are there",
    ),
    Fault(
        45,
        "a web process is ended in the middle of a request",
        "the request happens whole or not at all",
        untested="a request is one transaction (tests/web/test_edge.py); for the clock, tests of 1 to 5 hold it",
    ),
    Fault(
        46,
        "one-time codes are used twice, passwords guessed, forms forged, sessions kept by who was dismissed",
        "it is refused, and strangers cost the person herself a wait of seconds at most",
    ),
    Fault(
        47,
        "a job of the clock fails for ever, as when a grant was taken away, while the clock itself runs on",
        "the ping fails within three of its periods; the log has PostgreSQL's code and the place",
    ),
    Fault(
        48, "`flask db downgrade` would drop answers", "it says which and refuses; where none would go it asks first"
    ),
    Fault(
        49,
        "a migration renames or drops what the version before still reads",
        "it is found before it is released: old web processes go on while the database is migrated",
    ),
    Fault(
        50, "a clock that waits leaves a transaction open", "it holds none, so nothing waits for it and rows are swept"
    ),
    Fault(
        51,
        "the line between a machine and the database is cut, without a word to either end",
        "whoever waits is told within seconds; once it is whole, each text has left once",
    ),
    Fault(52, "PgBouncer hands one connection to many", "nobody sees another's rows, and each text leaves once"),
    Fault(
        53,
        "a setting is none: a secret of one letter, a folder that `make clean` deletes",
        "production does not start, and says in a sentence what to write",
    ),
    Fault(
        54,
        "a process is started with another key than the database knows, or with none of its keys",
        "it ends before it does anything, and says which key to put back",
    ),
)


def named_faults(root: Path = ROOT) -> Mapping[int, Sequence[tuple[str, str]]]:
    """For each number the tests that name it: file, and the sentence that is the test's name."""
    named: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for file in sorted((root / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and (name := NAMED.fullmatch(node.name)):
                named[int(name[1])].append((file.relative_to(root).as_posix(), name[2].replace("_", " ")))
    return named


def page(faults: Sequence[Fault], named: Mapping[int, Sequence[tuple[str, str]]]) -> str:
    """The whole page."""
    return HEAD + "".join(f"{row}\n" for row in _rows(faults, named))


def _rows(faults: Sequence[Fault], named: Mapping[int, Sequence[tuple[str, str]]]) -> Iterator[str]:
    for fault in faults:
        tests = " · ".join(f"[{sentence}](../{file})" for file, sentence in named.get(fault.number, ()))
        yield f"| F-{fault.number} | {fault.goes_wrong} | {fault.holds} | {tests or f'none: {fault.untested}'} |"


if __name__ == "__main__":
    PAGE.write_text(page(FAULTS, named_faults()), "utf-8")
