"""ADaM: a record for each subject (ADSL), and one for each score of each visit (ADQS, in the basic data structure).

Planned treatment is empty: whoever holds the allocation joins it by USUBJID when the key is opened.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from app.exports.standards.domains import Domain, DomainClass, Record, ValueKind, Variable, in_order_of, rows_of
from app.exports.standards.sdtm import STUDYID, UNKNOWN_SEX, USUBJID
from app.exports.standards.terms import LONGEST_TEST, Term
from app.exports.standards.trial import Row, StandardTrial, Subject
from app.exports.tables import Cell

SITEID = Variable("SITEID", "Study Site Identifier", origin="Predecessor")
ADSL = (
    STUDYID,
    USUBJID,
    Variable("SUBJID", "Subject Identifier for the Study", origin="Predecessor"),
    SITEID,
    Variable("AGE", "Age", ValueKind.INTEGER, origin="Predecessor"),
    Variable("AGEU", "Age Units", origin="Predecessor"),
    Variable("SEX", "Sex", origin="Predecessor"),
    Variable("RACE", "Race", origin="Predecessor"),
    Variable("ARM", "Description of Planned Arm", origin="Predecessor"),
    Variable("TRT01P", "Planned Treatment for Period 01", origin="Not Available"),
    Variable("RANDDT", "Date of Randomization", ValueKind.DATE, "Collected"),
    Variable("TRTSDT", "Date of First Exposure to Treatment", ValueKind.DATE, "Collected"),
    Variable("TRTEDT", "Date of Last Exposure to Treatment", ValueKind.DATE, "Collected"),
    Variable("EOSDT", "End of Study Date", ValueKind.DATE, "Collected"),
    Variable("EOSSTT", "End of Study Status", origin="Derived"),
    Variable("ITTFL", "Intent-To-Treat Population Flag", origin="Derived"),
    Variable("SAFFL", "Safety Population Flag", origin="Derived"),
)
ADQS = (
    STUDYID,
    USUBJID,
    SITEID,
    Variable("TRTP", "Planned Treatment", origin="Not Available"),
    Variable("PARAM", "Parameter"),
    Variable("PARAMCD", "Parameter Code"),
    Variable("PARAMTYP", "Parameter Type"),
    Variable("PARCAT1", "Parameter Category 1"),
    Variable("AVISIT", "Analysis Visit", origin="Derived"),
    Variable("AVISITN", "Analysis Visit (N)", ValueKind.INTEGER, "Derived"),
    Variable("ADT", "Analysis Date", ValueKind.DATE, "Derived"),
    Variable("ADY", "Analysis Relative Day", ValueKind.INTEGER, "Derived"),
    Variable("AVAL", "Analysis Value", ValueKind.NUMBER, "Derived"),
    Variable("BASE", "Baseline Value", ValueKind.NUMBER, "Derived"),
    Variable("CHG", "Change from Baseline", ValueKind.NUMBER, "Derived"),
    Variable("PCHG", "Percent Change from Baseline", ValueKind.NUMBER, "Derived"),
    Variable("ABLFL", "Baseline Record Flag", origin="Derived"),
    Variable("SRCDOM", "Source Data"),
    Variable("SRCVAR", "Source Variable"),
)
KEYS = ("STUDYID", "USUBJID", "PARAMCD", "AVISITN")
BASETYPE = Variable("BASETYPE", "Baseline Type", origin="Derived")
"""Only where periods have baselines of their own: in which period the baseline of a record is."""
Measure = tuple[str, str, str | None]


def subject_level(trial: StandardTrial) -> Domain:
    """ADSL: a record for each subject."""
    return Domain(
        "ADSL", "Subject-Level Analysis Dataset", DomainClass.SUBJECTS, "One record per subject", ADSL,
        ("STUDYID", "USUBJID"),
        rows_of(ADSL, lambda: (_person(trial, someone) for someone in trial.subjects.values())),
    )  # fmt: skip


def scores(trial: StandardTrial) -> Domain:
    """ADQS: scores with a value. Change is of what came after the baseline, whatever the protocol says that is; in a
    cross-over whose periods have baselines, after that of the period."""
    variables = (*ADQS, BASETYPE) if trial.data.periods else ADQS
    return Domain(
        "ADQS", "Questionnaires Analysis Dataset", DomainClass.BASIC, "One record per parameter per visit per subject",
        variables, KEYS, rows_of(variables, partial(_records, trial)),
    )  # fmt: skip


def _records(trial: StandardTrial) -> Iterator[Record]:
    parameters = _parameters(trial)
    for _, of_subject in trial.by_subject("scores"):
        rows = [row for row in of_subject["scores"] if row["value"] is not None]
        bases = {_compared(trial, row): row for row in rows if row["baseline"]}
        records = [_record(trial, row, parameters[_measure(row)], bases.get(_compared(trial, row))) for row in rows]
        yield from sorted(records, key=in_order_of(KEYS))


def _person(trial: StandardTrial, someone: Subject) -> Record:
    row = someone.row
    return {
        "STUDYID": trial.studyid,
        "USUBJID": someone.usubjid,
        "SUBJID": someone.participant,
        "SITEID": str(row["site"]),
        "SEX": UNKNOWN_SEX,
        "RANDDT": _day(row["randomised_on"]),
        "TRTSDT": _day(row["anchor_on"]),
        "TRTEDT": _day(row["treatment_stopped_on"]),
        "EOSDT": _day(row["withdrawn_on"]),
        "EOSSTT": "DISCONTINUED" if row["withdrawn_on"] else "ONGOING",
        "ITTFL": "Y" if row["randomised_on"] else "N",
        "SAFFL": "Y" if row["anchor_on"] else "N",
    }


def _record(trial: StandardTrial, row: Row, parameter: Term, baseline: Row | None) -> Record:
    someone, value, at = trial.subjects[str(row["participant"])], row["value"], row["submitted_at"]
    assert isinstance(value, Decimal)
    assert isinstance(at, datetime)
    on, number = someone.local(at).date(), trial.visits[str(row["visit"])][0]
    base, changed, relative = _change(value, at, baseline)
    return {
        "STUDYID": trial.studyid,
        "USUBJID": someone.usubjid,
        "SITEID": str(row["site"]),
        "PARAM": parameter.test,
        "PARAMCD": parameter.testcd,
        "PARAMTYP": "DERIVED",
        "PARCAT1": parameter.category,
        "AVISIT": str(row["visit"]).upper(),
        "AVISITN": number,
        "ADT": on,
        "ADY": someone.day(on),
        "AVAL": value,
        "BASE": base,
        "CHG": changed,
        "PCHG": relative,
        "ABLFL": "Y" if row["baseline"] else "",
        "SRCDOM": "QS",
        "SRCVAR": "QSSTRESN",
        "BASETYPE": (_period(trial, row) or "").upper(),
    }


def _change(
    value: Decimal, at: datetime, baseline: Row | None
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """The baseline's value, and the change from it, in numbers and in percent, of what was answered after it."""
    if baseline is None:
        return None, None, None
    base, answered_at = baseline["value"], baseline["submitted_at"]
    assert isinstance(base, Decimal)
    assert isinstance(answered_at, datetime)
    changed = value - base if at > answered_at else None
    return base, changed, 100 * changed / base if changed is not None and base else None


def _compared(trial: StandardTrial, row: Row) -> tuple[Cell, Measure, str | None]:
    """What has one baseline: a measure of somebody, in a period where periods have their own."""
    return row["participant"], _measure(row), _period(trial, row)


def _period(trial: StandardTrial, row: Row) -> str | None:
    return trial.data.periods.get(str(row["visit"]))


def _measure(row: Row) -> Measure:
    value_set = row["value_set"]
    return str(row["instrument"]), str(row["score"]), None if value_set is None else str(value_set)


def _parameters(trial: StandardTrial) -> dict[Measure, Term]:
    """A parameter for each score and value set: the code of its test, with a letter for each further value set."""
    parameters: dict[Measure, Term] = {}
    for measure in sorted({_measure(row) for row in trial.rows("scores") if row["value"] is not None}, key=str):
        code, score, value_set = measure
        term = next(each for (of, _, part), each in trial.terms.items() if (of, part) == (code, score))
        name = f"{code} {score}{f' ({value_set})' if value_set else ''}".replace("_", " ")[:LONGEST_TEST]
        taken = {each.testcd for each in parameters.values()}
        letters = ["", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
        candidates = (f"{term.testcd[: 8 - len(letter)]}{letter}" for letter in letters)
        parameters[measure] = Term(next(each for each in candidates if each not in taken), name, term.category)
    return parameters


def _day(cell: Cell) -> date | None:
    return cell if isinstance(cell, date) else None
