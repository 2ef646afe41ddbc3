"""Which variables hold values of a closed list, what those values mean, and which results differ from test to test.

The values themselves are learnt from the rows, so that whatever stands in a file stands in its list.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class CodeList:
    """A list of values: its name, its number at NCI (without one it is ours) and the numbers of its terms."""

    name: str
    number: str = ""
    terms: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    is_whole: bool = False
    """Whether all its terms are named, be they in the files or not."""


CODE_LISTS = {
    "NY": CodeList("No Yes Response", "C66742", {"N": "C49487", "Y": "C49488"}, is_whole=True),
    "ND": CodeList("Not Done", "C66789", {"NOT DONE": "C49484"}, is_whole=True),
    "SEX": CodeList("Sex", "C66731", {"U": "C17998"}, is_whole=True),
    "PARAMTYP": CodeList("Parameter Type", terms={"DERIVED": ""}, is_whole=True),
    "EOSSTT": CodeList("End of Study Status", terms={"DISCONTINUED": "", "ONGOING": ""}, is_whole=True),
    "ARMNRS": CodeList("Reason Arm is Null"),
    "SITEID": CodeList("Study Sites"),
    "COUNTRY": CodeList("Countries, by ISO 3166-1 alpha-3"),
    "VISIT": CodeList("Visit Names"),
    "VISITNUM": CodeList("Visit Numbers"),
    "REASON": CodeList("Reasons Why Nothing Was Done"),
    "QSTESTCD": CodeList("Question Short Names"),
    "QSTEST": CodeList("Question Names"),
    "QSCAT": CodeList("Category of Questionnaire", "C100129"),
    "QSSCAT": CodeList("Subcategories of Questionnaires"),
    "PARAMCD": CodeList("Parameter Codes"),
    "PARAM": CodeList("Parameters"),
    "BASETYPE": CodeList("Baseline Types"),
}
LISTED = {
    "DTHFL": "NY", "QSLOBXFL": "NY", "QSDRVFL": "NY", "SVPRESP": "NY", "SVOCCUR": "NY", "ABLFL": "NY", "ITTFL": "NY",
    "SAFFL": "NY", "QSSTAT": "ND", "SEX": "SEX", "PARAMTYP": "PARAMTYP", "EOSSTT": "EOSSTT", "ARMNRS": "ARMNRS",
    "SITEID": "SITEID", "COUNTRY": "COUNTRY", "VISIT": "VISIT", "AVISIT": "VISIT", "VISITNUM": "VISITNUM",
    "AVISITN": "VISITNUM", "SVREASOC": "REASON", "QSREASND": "REASON", "QSTESTCD": "QSTESTCD", "QSTEST": "QSTEST",
    "QSCAT": "QSCAT", "PARCAT1": "QSCAT", "QSSCAT": "QSSCAT", "PARAMCD": "PARAMCD", "PARAM": "PARAM",
    "BASETYPE": "BASETYPE",
}  # fmt: skip
"""Which code list a variable's values are of."""
WHOLE = frozenset(["VISITNUM"])
"""The code lists whose values are whole numbers."""
DECODED_BY = {"QSTESTCD": "QSTEST", "PARAMCD": "PARAM", "VISITNUM": "VISIT", "AVISITN": "AVISIT"}
"""The variable that says what another's values mean."""
BY_TEST = {"QSORRES": "QSTESTCD", "QSSTRESN": "QSTESTCD", "AVAL": "PARAMCD"}
"""Results that are of another form for each test, and the variable that names the test."""
DERIVED_WHERE = {"QSORRES": "QSDRVFL"}
"""The flag of results that were reckoned where others of the variable were given."""
