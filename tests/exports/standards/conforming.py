"""The rules of SDTM and ADaM that hold for any trial, over data sets or over the `cdisc` folder of a night.

    python -m tests.exports.standards.conforming FOLDER ...

Each rule gives what breaks it, and none knows what a study asks: so they are held over trials of any shape.
"""

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]
Data = Mapping[str, Rows]
"""The records of each data set, by its name."""
KEYS = {
    "DM": ("USUBJID",), "TV": ("VISITNUM",), "SV": ("USUBJID", "VISITNUM"), "QS": ("USUBJID", "QSSEQ"),
    "ADSL": ("USUBJID",), "ADQS": ("USUBJID", "PARAMCD", "AVISITN"),
}  # fmt: skip
DAYS = {"SV": ("SVSTDTC", "SVSTDY"), "QS": ("QSDTC", "QSDY"), "ADQS": ("ADT", "ADY")}
PAIRS = {"QS": ("QSTESTCD", "QSTEST", 40), "ADQS": ("PARAMCD", "PARAM", 40)}
GUIDE = {
    "DM": "STUDYID DOMAIN USUBJID SUBJID RFSTDTC RFENDTC RFXSTDTC RFXENDTC RFICDTC RFPENDTC DTHDTC DTHFL SITEID AGE"
    " AGEU SEX RACE ARMCD ARM ACTARMCD ACTARM ARMNRS ACTARMUD COUNTRY",
    "TV": "STUDYID DOMAIN VISITNUM VISIT VISITDY? ARMCD ARM? TVSTRL TVENRL?",
    "SV": "STUDYID DOMAIN USUBJID VISITNUM VISIT? SVPRESP SVOCCUR SVREASOC? SVCNTMOD? SVEPCHGI? VISITDY? SVSTDTC"
    " SVENDTC SVSTDY? SVENDY? SVUPDES?",
    "QS": "STUDYID DOMAIN USUBJID QSSEQ QSGRPID? QSSPID? QSTESTCD QSTEST QSCAT QSSCAT? QSORRES QSORRESU? QSSTRESC"
    " QSSTRESN? QSSTRESU? QSSTAT? QSREASND? QSMETHOD? QSLOBXFL QSBLFL? QSDRVFL? VISITNUM VISIT? VISITDY? TAETORD?"
    " EPOCH? QSDTC QSDY? QSTPT? QSTPTNUM? QSELTM? QSTPTREF? QSRFTDTC? QSEVLINT? QSEVINTX?",
}  # fmt: skip
"""The variables of SDTMIG 3.4 in their order; those with a mark may be left out."""
SUBJECT_LEVEL = {"STUDYID", "USUBJID", "SUBJID", "SITEID", "AGE", "AGEU", "SEX", "RACE", "ARM", "TRT01P"}
"""What ADaMIG 1.3 requires of ADSL."""
REQUIRED = {
    "DM": ("STUDYID", "DOMAIN", "USUBJID", "SUBJID", "SITEID", "SEX", "COUNTRY"),
    "TV": ("STUDYID", "DOMAIN", "VISITNUM", "TVSTRL"),
    "SV": ("STUDYID", "DOMAIN", "USUBJID", "VISITNUM"),
    "QS": ("STUDYID", "DOMAIN", "USUBJID", "QSSEQ", "QSTESTCD", "QSTEST", "QSCAT"),
    "ADSL": ("STUDYID", "USUBJID", "SUBJID", "SITEID"), "ADQS": ("STUDYID", "USUBJID", "PARAM", "PARAMCD"),
}  # fmt: skip
"""What is never empty."""
YES_OR_NOTHING = {"DM": ("DTHFL",), "QS": ("QSLOBXFL", "QSDRVFL"), "SV": ("SVPRESP",), "ADQS": ("ABLFL",)}
NUMBER = re.compile(r"-?\d+(\.\d+)?")
NOT_DONE, QSALL = "NOT DONE", "QSALL"


def keys_tell_records_apart(data: Data) -> Iterator[Any]:
    """No two records have one key."""
    for name, key in KEYS.items():
        yield from _twice(name, (_at(row, key) for row in data[name]))


def a_code_has_one_test_and_a_test_one_code(data: Data) -> Iterator[Any]:
    """At most 8 letters and 40."""
    for name, (code, test, longest) in PAIRS.items():
        pairs = {(row[code], row[test]) for row in data[name]}
        yield from _twice(name, (short for short, _ in pairs))
        yield from _twice(name, (long for _, long in pairs))
        yield from (pair for pair in pairs if not re.fullmatch("[A-Z_][A-Z0-9_]{0,7}", pair[0]))
        yield from (pair for pair in pairs if not 0 < len(pair[1]) <= longest)


def a_result_is_a_number_where_its_text_is_one(data: Data) -> Iterator[Any]:
    """And the same number."""
    for row in data["QS"]:
        text, number = row["QSSTRESC"] or "", row["QSSTRESN"]
        if (number is not None) is not bool(NUMBER.fullmatch(text)) or (number is not None and float(text) != number):
            yield _at(row, KEYS["QS"])


def what_is_not_done_has_a_reason_and_no_result(data: Data) -> Iterator[Any]:
    """And only that has a reason, and has none."""
    for row in data["QS"]:
        not_done = row["QSSTAT"] == NOT_DONE
        empty = all(row[name] is None for name in ("QSORRES", "QSSTRESC", "QSSTRESN"))
        if not_done is not bool(row["QSREASND"]) or not_done is not empty or row["QSSTAT"] not in (None, NOT_DONE):
            yield _at(row, KEYS["QS"])


def a_whole_form_that_is_missing_is_one_record(data: Data) -> Iterator[Any]:
    """QSALL is not done, and no other record of its form and visit is there."""
    by_form = defaultdict(list)
    for row in data["QS"]:
        by_form[_at(row, ("USUBJID", "VISITNUM", "QSCAT", "QSSCAT"))].append(row)
    for place, rows in by_form.items():
        of_all = [row for row in rows if row["QSTESTCD"] == QSALL]
        if of_all and (len(rows) > 1 or of_all[0]["QSSTAT"] != NOT_DONE):
            yield place


def the_last_before_exposure_is_one_result(data: Data) -> Iterator[Any]:
    """One record of each test and subject, with a result, before her exposure by the hour; and none between them."""
    began = {row["USUBJID"]: row["RFXSTDTC"] or "" for row in data["DM"]}
    flagged = [row for row in data["QS"] if row["QSLOBXFL"]]
    yield from (_at(row, KEYS["QS"]) for row in flagged if row["QSLOBXFL"] != "Y" or row["QSSTRESC"] is None)
    yield from (_at(row, KEYS["QS"]) for row in flagged if (row["QSDTC"] or "") >= began.get(row["USUBJID"], ""))
    test = ("USUBJID", "QSTESTCD", "QSCAT", "QSSCAT")
    last = {_at(row, test): row["QSDTC"] for row in flagged}
    for row in data["QS"]:
        is_before = row["QSSTRESC"] is not None and (row["QSDTC"] or "") < began.get(row["USUBJID"], "")
        if is_before and (row["QSDTC"] or "") > (last.get(_at(row, test)) or ""):
            yield _at(row, KEYS["QS"])
    yield from _twice("QSLOBXFL", (_at(row, ("USUBJID", "QSTESTCD", "QSCAT", "QSSCAT")) for row in flagged))


def a_subject_has_one_baseline_record_of_each_parameter(data: Data) -> Iterator[Any]:
    """In a cross-over one in each period; the change is from it."""
    places = [(*_at(row, ("USUBJID", "PARAMCD")), row.get("BASETYPE")) for row in data["ADQS"] if row["ABLFL"] == "Y"]
    yield from _twice("ABLFL", places)
    for row in data["ADQS"]:
        base, change = row["BASE"], row["CHG"]
        is_far = change is not None and (base is None or abs(row["AVAL"] - base - change) > 1e-9)
        if is_far or (row["ABLFL"] == "Y" and base != row["AVAL"]):
            yield _at(row, KEYS["ADQS"])


def a_day_has_a_date_and_none_is_zero(data: Data) -> Iterator[Any]:
    """Both, or neither."""
    for name, (on, day) in DAYS.items():
        yield from (_at(row, KEYS[name]) for row in data[name] if (row[on] is None) is not (row[day] is None))
        yield from (_at(row, KEYS[name]) for row in data[name] if row[day] == 0)


def visits_are_numbered_once_and_known_everywhere(data: Data) -> Iterator[Any]:
    """One number a name in TV, SV and QS alike; what QS has, SV has, and what SV has, TV."""
    pairs = {(row["VISITNUM"], row["VISIT"]) for name in ("TV", "SV", "QS") for row in data[name]}
    yield from _twice("VISITNUM", (number for number, _ in pairs))
    yield from _twice("VISIT", (title for _, title in pairs))
    planned, took_place = {row["VISITNUM"] for row in data["TV"]}, {_at(row, KEYS["SV"]) for row in data["SV"]}
    yield from (place for place in took_place if place[1] not in planned)
    yield from {_at(row, KEYS["SV"]) for row in data["QS"]} - took_place


def every_subject_is_in_dm_and_adsl(data: Data) -> Iterator[Any]:
    """And both have the same."""
    subjects = {row["USUBJID"] for row in data["DM"]}
    yield from subjects ^ {row["USUBJID"] for row in data["ADSL"]}
    yield from {row["USUBJID"] for name in ("SV", "QS", "ADQS") for row in data[name]} - subjects


def the_guides_variables_are_there_in_their_order(data: Data) -> Iterator[Any]:
    """CG0014, CG0016, CG0664: an expected variable is there, be it empty, and none stands before its place."""
    for name, guide in GUIDE.items():
        names = [variable.rstrip("?") for variable in guide.split()]
        there = list(data[name][0])
        yield from (variable for variable in guide.split() if not variable.endswith("?") and variable not in there)
        yield from (pair for pair in pairwise(there) if not _stands_before(*pair, names))
    yield from SUBJECT_LEVEL - data["ADSL"][0].keys()


def what_is_required_is_never_empty(data: Data) -> Iterator[Any]:
    """CG0014 and CG0017."""
    for name, variables in REQUIRED.items():
        yield from ((name, each) for row in data[name] for each in variables if row[each] in (None, ""))


def what_is_derived_or_found_has_a_result(data: Data) -> Iterator[Any]:
    """CG0397."""
    for row in data["QS"]:
        if (row["QSORRES"] is not None or row["QSDRVFL"] == "Y") and row["QSSTRESC"] is None:
            yield _at(row, KEYS["QS"])


def a_flag_is_yes_or_nothing(data: Data) -> Iterator[Any]:
    """And of the visits that were planned, yes or no."""
    for name, flags in YES_OR_NOTHING.items():
        yield from (_at(row, KEYS[name]) for row in data[name] for flag in flags if row[flag] not in ("Y", None))
    yield from (_at(row, KEYS["SV"]) for row in data["SV"] if row["SVOCCUR"] not in ("Y", "N"))


def a_visit_that_was_not_has_a_reason_and_no_time(data: Data) -> Iterator[Any]:
    """And only such a visit has a reason; the others begin and end."""
    for row in data["SV"]:
        took_place = row["SVOCCUR"] == "Y"
        times = [row[name] is not None for name in ("SVSTDTC", "SVENDTC", "SVSTDY", "SVENDY")]
        if (row["SVREASOC"] is None) is not took_place or set(times) != {took_place}:
            yield _at(row, KEYS["SV"])


def a_country_has_its_code_of_three_letters(data: Data) -> Iterator[Any]:
    """ISO 3166-1 alpha-3."""
    yield from (_at(row, KEYS["DM"]) for row in data["DM"] if not re.fullmatch("[A-Z]{3}", row["COUNTRY"] or ""))


def days_of_a_subject_are_in_their_order(data: Data) -> Iterator[Any]:
    """No reference ends before it begins, and a day of death is of somebody who died."""
    for row in data["DM"]:
        ends = row["RFENDTC"] is not None and row["RFENDTC"] < row["RFSTDTC"][:10] and row["RFXSTDTC"] is not None
        stops = row["RFXENDTC"] is not None and row["RFXENDTC"] < (row["RFXSTDTC"] or "")[:10]
        if ends or stops or (row["DTHDTC"] is not None and row["DTHFL"] != "Y"):
            yield _at(row, KEYS["DM"])


def treatment_is_nowhere(data: Data) -> Iterator[Any]:
    """The service does not know it."""
    arms = {"DM": ("ARMCD", "ARM", "ACTARMCD", "ACTARM"), "TV": ("ARMCD",), "ADSL": ("TRT01P",), "ADQS": ("TRTP",)}
    for name, variables in arms.items():
        yield from (_at(row, KEYS[name]) for row in data[name] for each in variables if row[each] is not None)


RULES: tuple[Callable[[Data], Iterator[Any]], ...] = (
    keys_tell_records_apart,
    a_code_has_one_test_and_a_test_one_code,
    a_result_is_a_number_where_its_text_is_one,
    what_is_not_done_has_a_reason_and_no_result,
    a_whole_form_that_is_missing_is_one_record,
    the_last_before_exposure_is_one_result,
    a_subject_has_one_baseline_record_of_each_parameter,
    a_day_has_a_date_and_none_is_zero,
    visits_are_numbered_once_and_known_everywhere,
    every_subject_is_in_dm_and_adsl,
    the_guides_variables_are_there_in_their_order,
    what_is_required_is_never_empty,
    what_is_derived_or_found_has_a_result,
    a_flag_is_yes_or_nothing,
    a_visit_that_was_not_has_a_reason_and_no_time,
    a_country_has_its_code_of_three_letters,
    days_of_a_subject_are_in_their_order,
    treatment_is_nowhere,
)


def read(folder: Path) -> Data:
    """The data sets of a night, from their Dataset-JSON."""
    data = {}
    for name in KEYS:
        content = json.loads((folder / "cdisc" / f"{name.lower()}.json").read_text("utf-8"))
        names = [column["name"] for column in content["columns"]]
        data[name] = [dict(zip(names, row, strict=True)) for row in content["rows"]]
    return data


def broken(data: Data) -> dict[str, list[Any]]:
    """What breaks each rule that is broken."""
    complaints = {rule.__name__: list(rule(data)) for rule in RULES}
    return {name: said for name, said in complaints.items() if said}


def _stands_before(variable: str, after: str, names: Sequence[str]) -> bool:
    return variable in names and after in names and names.index(variable) < names.index(after)


def _at(row: Mapping[str, Any], names: Iterable[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def _twice(where: str, values: Iterable[Any]) -> Iterator[Any]:
    yield from ((where, value) for value, count in Counter(values).items() if count > 1)


if __name__ == "__main__":
    for each in map(Path, sys.argv[1:]):
        data_sets = read(each)
        print(each, {name: len(rows) for name, rows in data_sets.items()})
        for rule_name, complaints in broken(data_sets).items():
            print(f"  {rule_name}: {len(complaints)}, such as {complaints[:3]}")
