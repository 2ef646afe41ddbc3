"""Define-XML 2.1: what the data sets of SDTM and ADaM are, variable by variable."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, indent, register_namespace, tostring

from app.exports.standards.code_lists import BY_TEST, CODE_LISTS, LISTED, WHOLE
from app.exports.standards.dataset_json import METADATA
from app.exports.standards.domains import Domain, DomainClass, ValueKind, Variable
from app.exports.standards.measuring import ResultForm

ODM = "http://www.cdisc.org/ns/odm/v1.3"
DEFINE = "http://www.cdisc.org/ns/def/v2.1"
XLINK = "http://www.w3.org/1999/xlink"
XML = "http://www.w3.org/XML/1998/namespace"
STANDARDS = {"SDTM": ("SDTMIG", "3.4"), "ADAM": ("ADaMIG", "1.3")}
TERMS = "SDTM", "2024-09-27"
"""The package of controlled terms that our code lists are of, and its day."""
ANALYSIS = (DomainClass.SUBJECTS, DomainClass.BASIC)
TYPES = {ValueKind.TEXT: "text", ValueKind.INTEGER: "integer", ValueKind.NUMBER: "float", ValueKind.DATE: "date"}
METHOD = "As docs/exports.md says of it: computed by Svar from what was answered, with the dates of the plan."
NOT_HELD = "Svar does not hold it: whoever does joins it by USUBJID."
"""Said of a variable that is expected, and empty."""
FROM_SUBJECTS = ("QS", "SV")
"""The data sets whose collected variables the subjects gave themselves."""
PREDECESSORS = {"ADSL": "DM", "ADQS": "ADSL"}
"""Of which data set a variable is that is taken over."""


def define_xml(
    domains: Sequence[Domain], studyid: str, as_of: datetime, transported: Collection[str], numbers: Mapping[str, str]
) -> bytes:
    """The whole file, as bytes; `transported` names the data sets that have a transport file, and `numbers` are NCI's
    of the questionnaires."""
    for prefix, address in (("", ODM), ("def", DEFINE), ("xlink", XLINK)):
        register_namespace(prefix, address)
    at = f"{as_of:%Y-%m-%dT%H:%M:%SZ}"
    root = _of(None, "ODM", ODMVersion="1.3.2", FileType="Snapshot", FileOID=f"{studyid}.define", CreationDateTime=at,
               Originator="Svar", **{"def:Context": "Submission"})  # fmt: skip
    study = _of(root, "Study", OID=studyid)
    names = _of(study, "GlobalVariables")
    for name, said in (("StudyName", studyid), ("StudyDescription", studyid), ("ProtocolName", studyid)):
        _of(names, name).text = said
    version = _of(study, "MetaDataVersion", OID=METADATA, Name=f"{studyid} data definitions",
                  Description="Data sets of Svar", **{"def:DefineVersion": "2.1.0"})  # fmt: skip
    _standards(version)
    for domain in domains:
        _value_lists(version, domain)
    for domain in domains:
        _where_clauses(version, domain)
    for domain in domains:
        _group(version, domain, "xpt" if domain.name in transported else "json")
    for domain in domains:
        for variable in domain.variables:
            _item(version, domain, variable)
            _value_items(version, domain, variable)
    for code, terms in _terms(domains).items():
        _code_list(version, code, terms, numbers)
    for oid in dict.fromkeys(_methods(domains)):
        method = _of(version, "MethodDef", OID=oid, Name="Computed by Svar", Type="Computation")
        _described(method, METHOD)
    _described(_of(version, "def:CommentDef", OID="COM.NOT_HELD"), NOT_HELD)
    indent(root)
    content: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _standards(version: Element) -> None:
    standards = _of(version, "def:Standards")
    for key, (name, number) in STANDARDS.items():
        _of(standards, "def:Standard", OID=f"STD.{key}", Name=name, Type="IG", Version=number, Status="Final")
    publishing_set, day = TERMS
    _of(standards, "def:Standard", OID="STD.CT", Name="CDISC/NCI", Type="CT", PublishingSet=publishing_set,
        Version=day, Status="Final")  # fmt: skip


def _terms(domains: Sequence[Domain]) -> dict[str, dict[str, str]]:
    """The code lists that have a term: those named of each, and those that stand in a data set, in their order."""
    every = {code: dict.fromkeys(each.terms, "") if each.is_whole else {} for code, each in CODE_LISTS.items()}
    for domain in domains:
        for code, terms in domain.measured.terms.items():
            every[code] |= terms
    return {code: dict(sorted(terms.items(), key=_in_order)) for code, terms in every.items() if terms}


def _in_order(term: tuple[str, str]) -> tuple[int, str]:
    return (int(term[0]) if term[0].isdecimal() else 0), term[0]


def _code_list(version: Element, code: str, terms: Mapping[str, str], numbers: Mapping[str, str]) -> None:
    listed = CODE_LISTS[code]
    source = {"def:StandardOID": "STD.CT"} if listed.number else {"def:IsNonStandard": "Yes"}
    kind = "integer" if code in WHOLE else "text"
    code_list = _of(version, "CodeList", OID=f"CL.{code}", Name=listed.name, DataType=kind, **source)
    for value, meaning in terms.items():
        of_term = (listed.terms.get(value) or numbers.get(value, "")) if listed.number else ""
        extended = {"def:ExtendedValue": "Yes"} if listed.number and not of_term else {}
        item = _of(code_list, "CodeListItem" if meaning else "EnumeratedItem", CodedValue=value, **extended)
        if meaning:
            _words(_of(item, "Decode"), meaning)
        _alias(item, of_term)
    _alias(code_list, listed.number)


def _alias(parent: Element, number: str) -> None:
    if number:
        _of(parent, "Alias", Name=number, Context="nci:ExtCodeID")


def _group(version: Element, domain: Domain, ending: str) -> None:
    is_analysis = domain.kind in ANALYSIS
    group = _of(
        version, "ItemGroupDef", OID=f"IG.{domain.name}", Name=domain.name, SASDatasetName=domain.name,
        Repeating="No" if domain.structure == "One record per subject" else "Yes",
        IsReferenceData="Yes" if domain.is_reference else "No", Purpose="Analysis" if is_analysis else "Tabulation",
        **({} if is_analysis else {"Domain": domain.name}),
        **{"def:Structure": domain.structure, "def:ArchiveLocationID": f"LF.{domain.name}",
           "def:StandardOID": "STD.ADAM" if is_analysis else "STD.SDTM"},
    )  # fmt: skip
    _described(group, domain.label)
    for number, variable in enumerate(domain.variables, 1):
        place = f"IT.{domain.name}.{variable.name}"
        said = {"KeySequence": str(domain.key.index(variable.name) + 1)} if variable.name in domain.key else {}
        if variable.origin == "Derived":
            said["MethodOID"] = f"MT.{domain.name}"
        _of(group, "ItemRef", ItemOID=place, OrderNumber=str(number), **said,
            Mandatory="Yes" if variable.name in domain.key[:2] else "No")  # fmt: skip
    _of(group, "def:Class", Name=domain.kind.value)
    leaf = _of(group, "def:leaf", ID=f"LF.{domain.name}", **{"xlink:href": f"{domain.name.lower()}.{ending}"})
    _of(leaf, "def:title").text = f"{domain.name.lower()}.{ending}"


def _item(version: Element, domain: Domain, variable: Variable) -> None:
    said = {} if variable.kind is ValueKind.DATE else {"Length": "8"}
    if variable.kind is ValueKind.TEXT:
        said["Length"] = str(domain.widths[variable.name])
    if variable.kind is ValueKind.NUMBER:
        said["SignificantDigits"] = "6"
    if variable.origin == "Not Available":
        said["def:CommentOID"] = "COM.NOT_HELD"
    item = _of(version, "ItemDef", OID=f"IT.{domain.name}.{variable.name}", Name=variable.name,
               SASFieldName=variable.name, DataType=TYPES[variable.kind], **said)  # fmt: skip
    _described(item, variable.label)
    if _is_listed(domain, variable):
        _of(item, "CodeListRef", CodeListOID=f"CL.{LISTED[variable.name]}")
    _origin(item, domain, variable)
    if _tests(domain, variable):
        _of(item, "def:ValueListRef", ValueListOID=f"VL.{domain.name}.{variable.name}")


def _is_listed(domain: Domain, variable: Variable) -> bool:
    """Whether its code list has a term: of those that are whole always, else where the data set holds one."""
    code = LISTED.get(variable.name)
    return code is not None and (CODE_LISTS[code].is_whole or bool(domain.measured.terms.get(code)))


def _origin(item: Element, domain: Domain, variable: Variable) -> None:
    if variable.origin == "Predecessor":
        origin = _of(item, "def:Origin", Type=variable.origin)
        _described(origin, f"{PREDECESSORS[domain.name]}.{variable.name}")
        return
    collected = "Subject" if domain.name in FROM_SUBJECTS else "Investigator"
    sources = {"Collected": {"Source": collected}, "Not Available": {}}
    _of(item, "def:Origin", Type=variable.origin, **sources.get(variable.origin, {"Source": "Sponsor"}))


def _tests(domain: Domain, variable: Variable) -> dict[str, ResultForm]:
    """The tests whose results a variable holds, each in its own form."""
    forms = domain.measured.forms
    return {test: forms[name, test] for name, test in sorted(forms) if name == variable.name}


def _value_lists(version: Element, domain: Domain) -> None:
    for variable in domain.variables:
        if tests := _tests(domain, variable):
            values = _of(version, "def:ValueListDef", OID=f"VL.{domain.name}.{variable.name}")
            for number, (test, form) in enumerate(tests.items(), 1):
                said = {"MethodOID": f"MT.{domain.name}"} if _value_origin(variable, form) == "Derived" else {}
                place = f"IT.{domain.name}.{variable.name}.{test}"
                item = _of(values, "ItemRef", ItemOID=place, OrderNumber=str(number), Mandatory="No", **said)
                _of(item, "def:WhereClauseRef", WhereClauseOID=f"WC.{domain.name}.{test}")


def _where_clauses(version: Element, domain: Domain) -> None:
    """One for each test that has a result in the data set."""
    for name, test in sorted({(BY_TEST[name], test) for name, test in domain.measured.forms}):
        clause = _of(version, "def:WhereClauseDef", OID=f"WC.{domain.name}.{test}")
        named = {"def:ItemOID": f"IT.{domain.name}.{name}"}
        _of(_of(clause, "RangeCheck", Comparator="EQ", SoftHard="Soft", **named), "CheckValue").text = test


def _value_items(version: Element, domain: Domain, variable: Variable) -> None:
    """Of what form a variable's results of each test are, and whether they were given or reckoned."""
    for test, form in _tests(domain, variable).items():
        kind = ("float" if form.decimals else "integer") if form.is_number else "text"
        said = {"SignificantDigits": str(form.decimals)} if kind == "float" else {}
        item = _of(version, "ItemDef", OID=f"IT.{domain.name}.{variable.name}.{test}", Name=test, DataType=kind,
                   Length=str(form.width), **said)  # fmt: skip
        _described(item, variable.label)
        _origin(item, domain, replace(variable, origin=_value_origin(variable, form)))


def _value_origin(variable: Variable, form: ResultForm) -> str:
    return "Derived" if form.is_derived else variable.origin


def _methods(domains: Sequence[Domain]) -> Iterator[str]:
    for domain in domains:
        if any(variable.origin == "Derived" for variable in domain.variables):
            yield f"MT.{domain.name}"


def _described(parent: Element, text: str) -> None:
    _words(_of(parent, "Description"), text)


def _words(parent: Element, text: str) -> None:
    _of(parent, "TranslatedText", **{"xml:lang": "en"}).text = text


def _of(parent: Element | None, name: str, **attributes: str) -> Element:
    """An element in its name space, under its parent if it has one."""
    named = {_named(key) if ":" in key else key: said for key, said in attributes.items()}
    return Element(_named(name), named) if parent is None else SubElement(parent, _named(name), named)


def _named(name: str) -> str:
    spaces = {"def": DEFINE, "xlink": XLINK, "xml": XML}
    prefix, _, local = name.rpartition(":")
    return f"{{{spaces.get(prefix, ODM)}}}{local}"
