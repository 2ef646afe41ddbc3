"""SDTM QS: a record for each question of each visit, totals flagged, and one where a whole questionnaire is missing.

A result stands as text and, where it is a number, as a number too. Words of an answer stand where their licence lets
them be shown; else the code stands for them. What is not done has a reason, no result, and is never a baseline.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from app.exports.codes import codes
from app.exports.csv_files import NUMBER
from app.exports.standards.domains import Domain, DomainClass, Value, ValueKind, Variable, numbered, rows_of
from app.exports.standards.sdtm import DOMAIN, STUDYID, UNANSWERED, USUBJID, VISITS
from app.exports.standards.terms import ALL_QUESTIONS, QSALL, Term, category, subcategory
from app.exports.standards.trial import Row, StandardTrial
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
NOT_DONE = "NOT DONE"
Record = dict[str, Value]


def questionnaires(trial: StandardTrial) -> Domain:
    """QS: a record for each question, total and missing form."""
    records = sorted([*_answers(trial), *_totals(trial), *_missing_forms(trial)], key=_order)
    records = numbered(_flagged(trial, records), "QSSEQ")
    return Domain(
        "QS", "Questionnaires", DomainClass.FINDINGS, "One record per question per visit per subject", QS,
        ("STUDYID", "USUBJID", "QSCAT", "QSSCAT", "QSTESTCD", "VISITNUM", "QSSPID"), rows_of(QS, records),
    )  # fmt: skip


def reason(code: object) -> str:
    """Why something was not done, as CDISC writes it."""
    return str(code).upper().replace("_", " ")


def _order(record: Record) -> tuple[str, int, int]:
    """By subject and visit; within one in the order of the tables, answers first."""
    return str(record["USUBJID"]), int(str(record["VISITNUM"])), 0


def _answers(trial: StandardTrial) -> Iterator[Record]:
    words = _words(trial)
    for row in trial.rows("answers"):
        term = _term(trial, row, str(row["item"]))
        if term:
            shown = words.get((row["instrument"], row["item"], row["value"])) or row["value"]
            yield _record(trial, row, term, f"{row['instrument']}.{row['item']}", _result(row["value"], shown))


def _totals(trial: StandardTrial) -> Iterator[Record]:
    """Every score that no value set was chosen for and that is no answer itself; its weights make the others ADaM's."""
    of_items = {
        term.testcd for (code, version, part), term in trial.terms.items() if (code, version, part) in _items(trial)
    }
    for row in trial.rows("scores"):
        term = _term(trial, row, str(row["score"]))
        if term and row["value_set"] is None and term.testcd not in of_items:
            record = _record(
                trial, row, term, f"{row['instrument']}.{row['score']}", _result(row["value"], row["value"])
            )
            yield {**record, "QSDRVFL": "Y"}


def _items(trial: StandardTrial) -> set[tuple[str, str, str]]:
    return {(each.code, each.version, item.code) for each in trial.data.instruments for item in each.items}


def _missing_forms(trial: StandardTrial) -> Iterator[Record]:
    """One record for each questionnaire of a visit that gave nothing."""
    forms = {visit.code: visit.instruments for visit in trial.data.visits}
    newest = {each.code: each for each in trial.data.instruments}
    for row in trial.rows("assessments"):
        if row["state"] not in UNANSWERED:
            continue
        for code in forms.get(str(row["visit"]), ()):
            term = Term(QSALL, ALL_QUESTIONS, category(newest[code]), subcategory(newest[code]))
            missing = {**row, "missing_reason": row["reason"] or row["state"], "submitted_at": None}
            yield _record(trial, missing, term, code, {})


def _record(trial: StandardTrial, row: Mapping[str, Cell], term: Term, spid: str, result: Record) -> Record:
    someone = trial.subjects[str(row["participant"])]
    not_done = {} if result else {"QSSTAT": NOT_DONE, "QSREASND": reason(row["missing_reason"])}
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


def _words(trial: StandardTrial) -> dict[tuple[Cell, Cell, Cell], Cell]:
    """What each code of an answer means, where it may be said."""
    table = codes(trial.data)
    place = {name: at for at, name in enumerate(table.shape.names)}
    return {
        (row[place["instrument"]], row[place["item"]], row[place["code"]]): row[place["label_en"]]
        for row in table.rows
        if row[place["table"]] == "answers"
    }


def _flagged(trial: StandardTrial, records: Iterable[Record]) -> list[Record]:
    """With the last result of each test before day 0 began flagged, for whom it began."""
    kept, last = list(records), dict[tuple[Value, ...], int]()
    began = {each.usubjid: each.local(at) for each in trial.subjects.values() if (at := each.anchor_at)}
    for position, record in enumerate(kept):
        begin = began.get(str(record["USUBJID"]))
        if begin and record.get("QSSTRESC") and str(record.get("QSDTC", "")) < f"{begin:%Y-%m-%dT%H:%M:%S}":
            test = tuple(record[name] for name in ("USUBJID", "QSTESTCD", "QSCAT", "QSSCAT"))
            before = last.get(test)
            if before is None or str(kept[before]["QSDTC"]) <= str(record["QSDTC"]):
                last[test] = position
    flagged = set(last.values())
    return [{**record, "QSLOBXFL": "Y"} if position in flagged else record for position, record in enumerate(kept)]
