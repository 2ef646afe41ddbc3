"""SDTM: who takes part (DM), which visits there are and were (TV, SV).

The service holds no treatment arm, so every variable of arms is empty and ARMNRS says that the trial is blinded.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import Final

from babel.core import get_global

from app.exports.standards.domains import Domain, DomainClass, Record, ValueKind, Variable, rows_of
from app.exports.standards.trial import Row, StandardTrial, Subject
from app.exports.tables import Cell
from app.participants.grades import LeavingGrade
from app.schedule.models import State
from app.schedule.states import ANSWERED

UNANSWERED: Final = (State.MISSED, State.WITHDRAWN, State.VOIDED)
"""Visits that were expected, and gave nothing."""
STUDYID = Variable("STUDYID", "Study Identifier")
DOMAIN = Variable("DOMAIN", "Domain Abbreviation")
USUBJID = Variable("USUBJID", "Unique Subject Identifier")
VISITNUM, VISIT_VARIABLE, VISITDY = VISITS = (
    Variable("VISITNUM", "Visit Number", ValueKind.INTEGER),
    Variable("VISIT", "Visit Name"),
    Variable("VISITDY", "Planned Study Day of Visit", ValueKind.INTEGER),
)
DM = (
    STUDYID,
    DOMAIN,
    USUBJID,
    Variable("SUBJID", "Subject Identifier for the Study"),
    Variable("RFSTDTC", "Subject Reference Start Date/Time", origin="Derived"),
    Variable("RFENDTC", "Subject Reference End Date/Time", origin="Derived"),
    Variable("RFXSTDTC", "Date/Time of First Study Treatment", origin="Collected"),
    Variable("RFXENDTC", "Date/Time of Last Study Treatment", origin="Collected"),
    Variable("RFICDTC", "Date/Time of Informed Consent", origin="Not Available"),
    Variable("RFPENDTC", "Date/Time of End of Participation", origin="Collected"),
    Variable("DTHDTC", "Date/Time of Death", origin="Not Available"),
    Variable("DTHFL", "Subject Death Flag", origin="Collected"),
    Variable("SITEID", "Study Site Identifier"),
    Variable("AGE", "Age", ValueKind.INTEGER, origin="Not Available"),
    Variable("AGEU", "Age Units", origin="Not Available"),
    Variable("SEX", "Sex"),
    Variable("RACE", "Race", origin="Not Available"),
    Variable("ARMCD", "Planned Arm Code", origin="Not Available"),
    Variable("ARM", "Description of Planned Arm", origin="Not Available"),
    Variable("ACTARMCD", "Actual Arm Code", origin="Not Available"),
    Variable("ACTARM", "Description of Actual Arm", origin="Not Available"),
    Variable("ARMNRS", "Reason Arm and/or Actual Arm is Null"),
    Variable("ACTARMUD", "Description of Unplanned Actual Arm", origin="Not Available"),
    Variable("COUNTRY", "Country"),
)
TV = (
    STUDYID,
    DOMAIN,
    *VISITS,
    Variable("ARMCD", "Planned Arm Code", origin="Not Available"),
    Variable("TVSTRL", "Visit Start Rule"),
)
SV = (
    STUDYID,
    DOMAIN,
    USUBJID,
    VISITNUM,
    VISIT_VARIABLE,
    Variable("SVPRESP", "Pre-specified"),
    Variable("SVOCCUR", "Occurrence", origin="Collected"),
    Variable("SVREASOC", "Reason for Occur Value", origin="Collected"),
    VISITDY,
    Variable("SVSTDTC", "Start Date/Time of Observation", origin="Collected"),
    Variable("SVENDTC", "End Date/Time of Observation", origin="Collected"),
    Variable("SVSTDY", "Study Day of Start of Observation", ValueKind.INTEGER, "Derived"),
    Variable("SVENDY", "Study Day of End of Observation", ValueKind.INTEGER, "Derived"),
)


UNKNOWN_SEX: Final = "U"
FORMER = frozenset(["BUR", "DDR", "FXX", "TMP", "YMD", "ZAR"])
"""Codes of countries that are no more, where another has their code of two letters."""


@cache
def country_code(code: str) -> str:
    """CDISC has the codes of three letters (ISO 3166-1 alpha-3); what is no country's keeps its two."""
    replaced = {place[0]: long for long, place in get_global("territory_aliases").items() if _is_alpha_3(long, place)}
    return replaced.get(code, code)


def _is_alpha_3(long: str, place: Sequence[str]) -> bool:
    return len(long) == 3 and long.isalpha() and len(place) == 1 and long not in FORMER


def demographics(trial: StandardTrial) -> Domain:
    """DM: a record for each participant."""
    return Domain(
        "DM", "Demographics", DomainClass.SPECIAL, "One record per subject", DM, ("STUDYID", "USUBJID"),
        rows_of(DM, lambda: (_person(trial, someone) for someone in trial.subjects.values())),
    )  # fmt: skip


def trial_visits(trial: StandardTrial) -> Domain:
    """TV: a record for each visit of the plan."""
    records = [
        {"STUDYID": trial.studyid, "DOMAIN": "TV", **trial.place(code), "TVSTRL": f"Planned study day {day}"}
        for code, (_, day) in trial.visits.items()
    ]
    return Domain(
        "TV", "Trial Visits", DomainClass.TRIAL, "One record per planned visit", TV, ("STUDYID", "VISITNUM"),
        rows_of(TV, lambda: records),
    )  # fmt: skip


def subject_visits(trial: StandardTrial) -> Domain:
    """SV: a record for each visit of a participant that was answered, or should have been."""

    def records() -> Iterator[Record]:
        expected = (row for row in trial.rows("assessments") if row["state"] in (*ANSWERED, *UNANSWERED))
        return (_visit(trial, row) for row in expected)

    return Domain(
        "SV", "Subject Visits", DomainClass.SPECIAL, "One record per visit per subject", SV,
        ("STUDYID", "USUBJID", "VISITNUM"), rows_of(SV, records),
    )  # fmt: skip


def _person(trial: StandardTrial, someone: Subject) -> Record:
    row = someone.row
    return {
        "STUDYID": trial.studyid,
        "DOMAIN": "DM",
        "USUBJID": someone.usubjid,
        "SUBJID": someone.participant,
        "RFSTDTC": someone.exposed or someone.reference_on.isoformat(),
        "RFENDTC": _iso(row["withdrawn_on"]),
        "RFXSTDTC": someone.exposed,
        "RFXENDTC": _iso(row["treatment_stopped_on"]),
        "RFPENDTC": _iso(row["withdrawn_on"]),
        "DTHFL": "Y" if row["left_as"] == LeavingGrade.DIED else "",
        "SITEID": str(row["site"]),
        "SEX": UNKNOWN_SEX,
        "ARMNRS": "BLINDED",
        "COUNTRY": country_code(trial.data.country),
    }


def _visit(trial: StandardTrial, row: Row) -> Record:
    someone = trial.subjects[str(row["participant"])]
    occurred = row["state"] in ANSWERED
    return {
        "STUDYID": trial.studyid,
        "DOMAIN": "SV",
        "USUBJID": someone.usubjid,
        **trial.place(str(row["visit"])),
        "SVPRESP": "Y",
        "SVOCCUR": "Y" if occurred else "N",
        "SVREASOC": "" if occurred else str(row["reason"] or row["state"]).upper().replace("_", " "),
        **(someone.timing(row["submitted_at"], "SV", "STDTC") if occurred else {}),
        **(someone.timing(row["submitted_at"], "SV", "ENDTC") if occurred else {}),
    }


def _iso(day: Cell) -> str:
    return day.isoformat() if isinstance(day, date) else ""
