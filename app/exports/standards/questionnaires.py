"""SDTM QS: a record for each question of each visit, totals flagged, and one where a whole questionnaire is missing.

A result stands as text and, where it is a number, as a number too. Words of an answer stand where their licence lets
them be shown; else the code stands for them. What is not done has a reason, no result, and is never a baseline.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import partial

from app.exports.codes import codes
from app.exports.csv_files import NUMBER
from app.exports.standards.domains import Domain, DomainClass, Record, Value, ValueKind, Variable, in_order_of, rows_of
from app.exports.standards.sdtm import DOMAIN, STUDYID, UNANSWERED, USUBJID, VISITS
from app.exports.standards.terms import ALL_QUESTIONS, QSALL, Term, category, subcategory
from app.exports.standards.trial import Row, StandardTrial, Subject
from app.exports.tables import Cell

QS = (
    STUDYID,
    DOMAIN,
    USUBJID,
    Variable("QSSEQ", "Sequence Number", ValueKind.INTEGER),
    Variable("QSSPID", "Sponsor-Defined Identifier"),
    Variable("QSTESTCD", "Question Short Name"),
    Variable("QSTEST", "Question Name"),
    Variable("QSCAT", "Category of Question"),
    Variable("QSSCAT", "Subcategory for Question"),
    Variable("QSORRES", "Finding in Original Units", origin="Collected"),
    Variable("QSSTRESC", "Character Result/Finding in Std Format", origin="Derived"),
    Variable("QSSTRESN", "Numeric Finding in Standard Units", ValueKind.NUMBER, "Derived"),
    Variable("QSSTAT", "Completion Status", origin="Derived"),
    Variable("QSREASND", "Reason Not Performed", origin="Collected"),
    Variable("QSLOBXFL", "Last Observation Before Exposure Flag", origin="Derived"),
    Variable("QSDRVFL", "Derived Flag", origin="Derived"),
    *VISITS,
    Variable("QSDTC", "Date/Time of Finding", origin="Collected"),
    Variable("QSDY", "Study Day of Finding", ValueKind.INTEGER, "Derived"),
    Variable("QSEVLINT", "Evaluation Interval"),
)
NOT_DONE_TERM = "NOT DONE"
KEYS = ("STUDYID", "USUBJID", "QSCAT", "QSSCAT", "QSTESTCD", "VISITNUM", "QSSPID")
CodeWords = dict[tuple[Cell, Cell, Cell], Cell]


def questionnaires(trial: StandardTrial) -> Domain:
    """QS: a record for each question, total and missing form."""
    return Domain(
        "QS", "Questionnaires", DomainClass.FINDINGS, "One record per question per visit per subject", QS, KEYS,
        rows_of(QS, partial(_records, trial)),
    )  # fmt: skip


def reason(code: object) -> str:
    """Why something was not done, as CDISC writes it."""
    return str(code).upper().replace("_", " ")


def _records(trial: StandardTrial) -> Iterator[Record]:
    """In the order of the keys. Of what is of one instant the later visit is the last: so is the baseline known."""
    words, of_items = _words(trial), _of_items(trial)
    for someone, rows in trial.by_subject("answers", "scores", "assessments"):
        records = [
            *_answers(trial, rows["answers"], words),
            *_totals(trial, rows["scores"], of_items),
            *_missing_forms(trial, rows["assessments"]),
        ]
        by_visit = sorted(records, key=lambda record: int(str(record["VISITNUM"])))
        for number, record in enumerate(sorted(_flagged(someone, by_visit), key=in_order_of(KEYS)), 1):
            yield {**record, "QSSEQ": number}


def _answers(trial: StandardTrial, rows: Iterable[Row], words: CodeWords) -> Iterator[Record]:
    for row in rows:
        term = _term(trial, row, str(row["item"]))
        if term:
            shown = words.get((row["instrument"], row["item"], row["value"])) or row["value"]
            yield _record(trial, row, term, f"{row['instrument']}.{row['item']}", _result(row["value"], shown))


def _totals(trial: StandardTrial, rows: Iterable[Row], of_items: set[str]) -> Iterator[Record]:
    """Every score that no value set was chosen for and that is no answer itself; its weights make the others ADaM's.

    What could not be reckoned is not done, and so not derived."""
    for row in rows:
        term = _term(trial, row, str(row["score"]))
        if term and row["value_set"] is None and term.testcd not in of_items:
            record = _record(
                trial, row, term, f"{row['instrument']}.{row['score']}", _result(row["value"], row["value"])
            )
            yield {**record, "QSDRVFL": "Y" if row["value"] is not None else ""}


def _of_items(trial: StandardTrial) -> set[str]:
    """The test codes of questions, apart from those of scores."""
    items = {(each.code, each.version, item.code) for each in trial.data.instruments for item in each.items}
    return {term.testcd for place, term in trial.terms.items() if place in items}


def _missing_forms(trial: StandardTrial, rows: Iterable[Row]) -> Iterator[Record]:
    """One record for each questionnaire of a visit that gave nothing."""
    forms = {visit.code: visit.instruments for visit in trial.data.visits}
    newest = {each.code: each for each in trial.data.instruments}
    for row in rows:
        if row["state"] not in UNANSWERED:
            continue
        for code in forms.get(str(row["visit"]), ()):
            term = Term(QSALL, ALL_QUESTIONS, category(newest[code]), subcategory(newest[code]))
            missing = {**row, "missing_reason": row["reason"] or row["state"], "submitted_at": None}
            yield _record(trial, missing, term, code, {})


def _record(trial: StandardTrial, row: Mapping[str, Cell], term: Term, spid: str, result: Record) -> Record:
    someone = trial.subjects[str(row["participant"])]
    not_done = {} if result else {"QSSTAT": NOT_DONE_TERM, "QSREASND": reason(row["missing_reason"])}
    return {
        "STUDYID": trial.studyid,
        "DOMAIN": "QS",
        "USUBJID": someone.usubjid,
        "QSSPID": spid,
        "QSTESTCD": term.testcd,
        "QSTEST": term.test,
        "QSCAT": term.category,
        "QSSCAT": term.subcategory,
        "QSEVLINT": term.evaluated,
        **result,
        **not_done,
        **trial.place(str(row["visit"])),
        **someone.timing(row["submitted_at"], "QS"),
    }


def _result(value: Cell, shown: Cell) -> Record:
    """Text and number of a result; nothing where there is none."""
    if value is None:
        return {}
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    number = Decimal(text) if NUMBER.fullmatch(text) else None
    return {"QSORRES": text if shown == value else str(shown), "QSSTRESC": text, "QSSTRESN": number}


def _term(trial: StandardTrial, row: Row, part: str) -> Term | None:
    """Of the version that was answered; of one that is no longer known, of whatever version is."""
    exact = trial.terms.get((str(row["instrument"]), str(row["instrument_version"]), part))
    other = (term for (code, _, name), term in trial.terms.items() if (code, name) == (row["instrument"], part))
    return exact or next(other, None)


def _words(trial: StandardTrial) -> CodeWords:
    """What each code of an answer means, where it may be said."""
    table = codes(trial.data)
    place = {name: at for at, name in enumerate(table.shape.names)}
    return {
        (row[place["instrument"]], row[place["item"]], row[place["code"]]): row[place["label_en"]]
        for row in table.rows
        if row[place["table"]] == "answers"
    }


def _flagged(someone: Subject, records: list[Record]) -> list[Record]:
    """With the last result of each test before her day 0 began flagged, if it began."""
    begin, last = someone.exposed, dict[tuple[Value, ...], int]()
    if begin is None:
        return records
    for position, record in enumerate(records):
        if record.get("QSSTRESC") and str(record.get("QSDTC", "")) < begin:
            test = tuple(record[name] for name in ("QSTESTCD", "QSCAT", "QSSCAT"))
            before = last.get(test)
            if before is None or str(records[before]["QSDTC"]) <= str(record["QSDTC"]):
                last[test] = position
    flagged = set(last.values())
    return [{**record, "QSLOBXFL": "Y"} if position in flagged else record for position, record in enumerate(records)]
