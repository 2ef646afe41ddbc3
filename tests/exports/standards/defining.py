"""What `define.xml` says of the values of a night, held against the night's own data sets.

    python -m tests.exports.standards.defining FOLDER ...

Each rule gives what breaks it, of any study.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from tests.exports.standards.conforming import NUMBER, Data, read

ODM, DEFINE = "{http://www.cdisc.org/ns/odm/v1.3}", "{http://www.cdisc.org/ns/def/v2.1}"
CODED = {
    "DM": "DTHFL SITEID SEX ARMNRS COUNTRY", "TV": "VISITNUM VISIT", "SV": "VISITNUM VISIT SVPRESP SVOCCUR SVREASOC",
    "QS": "QSTESTCD QSTEST QSCAT QSSCAT QSSTAT QSREASND QSLOBXFL QSDRVFL VISITNUM VISIT",
    "ADSL": "SITEID SEX EOSSTT ITTFL SAFFL",
    "ADQS": "SITEID PARAM PARAMCD PARAMTYP PARCAT1 AVISIT AVISITN ABLFL BASETYPE",
}  # fmt: skip
"""The variables whose values are of a closed list."""
RESULTS = (("QS", "QSORRES", "QSTESTCD"), ("QS", "QSSTRESN", "QSTESTCD"), ("ADQS", "AVAL", "PARAMCD"))
"""Those whose values are of another form for each test."""
DECODES = (("QS", "QSTESTCD", "QSTEST"), ("ADQS", "PARAMCD", "PARAM"), ("TV", "VISITNUM", "VISIT"))
REFERENCES = (
    (f"{ODM}CodeList", f"{ODM}CodeListRef", "CodeListOID"),
    (f"{ODM}MethodDef", f"{ODM}ItemRef", "MethodOID"),
    (f"{ODM}ItemDef", f"{ODM}ItemRef", "ItemOID"),
    (f"{DEFINE}ValueListDef", f"{DEFINE}ValueListRef", "ValueListOID"),
    (f"{DEFINE}WhereClauseDef", f"{DEFINE}WhereClauseRef", "WhereClauseOID"),
)
"""What is defined, what refers to it, and how."""


@dataclass(frozen=True)
class Night:
    """The data sets of a night, and what is said of them."""

    data: Data
    root: Element

    @cached_property
    def lists(self) -> Mapping[str, Mapping[str, str]]:
        """Each value of each code list, and what it means."""
        return {
            str(each.get("OID")): {
                str(term.get("CodedValue")): "".join(term.itertext()).strip() for term in each if term.get("CodedValue")
            }
            for each in self.root.iter(f"{ODM}CodeList")
        }

    @cached_property
    def items(self) -> Mapping[str, Element]:
        return {str(item.get("OID")): item for item in self.root.iter(f"{ODM}ItemDef")}

    def terms(self, name: str, variable: str) -> Mapping[str, str]:
        """The code list of a variable; nothing where it has none."""
        item = self.items.get(f"IT.{name}.{variable}")
        refers = None if item is None else item.find(f"{ODM}CodeListRef")
        return {} if refers is None else self.lists.get(str(refers.get("CodeListOID")), {})

    def values(self, name: str, variable: str) -> set[Any]:
        return {row[variable] for row in self.data[name] if row.get(variable) is not None}


def every_value_stands_in_its_code_list(night: Night) -> Iterator[Any]:
    """Of the variables that are coded."""
    for name, variables in CODED.items():
        for variable in variables.split():
            lacking = {str(value) for value in night.values(name, variable)} - night.terms(name, variable).keys()
            yield from ((name, variable, value) for value in sorted(lacking))


def no_variable_of_a_code_list_is_unknown_to_us(night: Night) -> Iterator[Any]:
    """What refers to a list is a variable that is coded."""
    coded = {f"IT.{name}.{variable}" for name, variables in CODED.items() for variable in variables.split()}
    yield from (
        place
        for place, item in night.items.items()
        if item.find(f"{ODM}CodeListRef") is not None and place not in coded
    )


def what_a_code_means_is_what_stands_beside_it(night: Night) -> Iterator[Any]:
    """Test codes and tests, numbers and names of visits."""
    for name, code, meaning in DECODES:
        terms = night.terms(name, code)
        yield from {(row[code], row[meaning]) for row in night.data[name] if terms.get(str(row[code])) != row[meaning]}


def a_result_is_of_the_form_that_is_said_of_its_test(night: Night) -> Iterator[Any]:
    """Where there is a result of a test there is a form, and where there is a form, a result."""
    for name, variable, test in RESULTS:
        begin = f"IT.{name}.{variable}."
        forms = {place.removeprefix(begin): item for place, item in night.items.items() if place.startswith(begin)}
        rows = [row for row in night.data[name] if row[variable] is not None]
        yield from ((variable, code) for code in forms.keys() ^ {row[test] for row in rows})
        yield from (
            (variable, row[test], row[variable]) for row in rows if not _is_of(row[variable], forms.get(row[test]))
        )


def what_is_defined_is_referred_to_and_the_other_way_round(night: Night) -> Iterator[Any]:
    """Once each, whatever it is."""
    for defined, refers, attribute in REFERENCES:
        there = Counter(each.get("OID") for each in night.root.iter(defined))
        used = {each.get(attribute) for each in night.root.iter(refers)} - {None}
        yield from (oid for oid, count in there.items() if count > 1)
        yield from there.keys() ^ used
    for check in night.root.iter(f"{ODM}RangeCheck"):
        if check.get(f"{DEFINE}ItemOID") not in night.items:
            yield check.get(f"{DEFINE}ItemOID")


RULES: tuple[Callable[[Night], Iterator[Any]], ...] = (
    every_value_stands_in_its_code_list,
    no_variable_of_a_code_list_is_unknown_to_us,
    what_a_code_means_is_what_stands_beside_it,
    a_result_is_of_the_form_that_is_said_of_its_test,
    what_is_defined_is_referred_to_and_the_other_way_round,
)


def night_of(folder: Path) -> Night:
    """The night in this folder."""
    return Night(read(folder), fromstring((folder / "cdisc/define.xml").read_bytes()))  # noqa: S314


def broken(night: Night) -> dict[str, list[Any]]:
    """What breaks each rule that is broken."""
    complaints = {rule.__name__: list(rule(night)) for rule in RULES}
    return {name: said for name, said in complaints.items() if said}


def _is_of(value: Any, form: Element | None) -> bool:
    if form is None or len(str(value).removesuffix(".0")) > int(form.get("Length", "0")):
        return False
    kind, text = form.get("DataType"), str(value)
    if kind == "text":
        return True
    decimals = 0 if kind == "integer" else int(form.get("SignificantDigits", "0"))
    fraction = text.partition(".")[2]
    return NUMBER.fullmatch(text) is not None and (len(fraction) <= decimals or not fraction.strip("0"))


if __name__ == "__main__":
    for each in map(Path, sys.argv[1:]):
        for rule_name, complaints in broken(night_of(each)).items():
            print(f"{each} {rule_name}: {len(complaints)}, such as {complaints[:3]}")
