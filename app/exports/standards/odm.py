"""ODM 1.3.2: the plan as metadata, and what each subject answered, with who sent it, from where and when.

Written subject by subject, so that one subject's answers are held at a time. Answers are codes and texts; the words of
questions are item codes of our own, as a licence may keep the questionnaire's.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from app.exports.standards.dataset_json import METADATA
from app.exports.standards.trial import Row, StandardTrial
from app.exports.tables import Cell
from app.instruments import Instrument, Item
from app.instruments.model import ItemType
from app.responses.models import CorrectionOutcome, Mode

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
Modes = dict[tuple[Cell, Cell], Cell]
"""How each visit was answered, by participant and visit."""
Corrected = dict[tuple[Cell, ...], Row]
"""The last correction that was signed of each item, and of a response that does not count, by where it is."""
TYPED = (Mode.STAFF, Mode.TELEPHONE, Mode.PAPER)
TYPES = {ItemType.TEXT: "text", ItemType.DATE: "date", ItemType.TIME: "partialTime"}
PATIENT, ODM_STAFF = "USR.PATIENT", "USR.STAFF"
FORBIDDEN = dict.fromkeys(place for place in range(32) if place not in (9, 10, 13))
"""Signs that no XML can hold."""


def odm_xml(trial: StandardTrial) -> Iterator[str]:
    """The file, piece by piece."""
    studyid, at = trial.studyid, f"{trial.data.as_of:%Y-%m-%dT%H:%M:%SZ}"
    yield HEAD + _tag(
        "ODM", xmlns="http://www.cdisc.org/ns/odm/v1.3", ODMVersion="1.3.2", FileType="Snapshot",
        FileOID=f"{studyid}.odm", CreationDateTime=at, AsOfDateTime=at, Originator="Svar", SourceSystem="Svar",
    )  # fmt: skip
    yield from _study(trial)
    yield from _admin(trial)
    yield _tag("ClinicalData", StudyOID=studyid, MetaDataVersionOID=METADATA)
    for subject, rows in trial.by_subject("answers", "assessments", "corrections"):
        modes = {(row["participant"], row["visit"]): row["mode"] for row in rows["assessments"]}
        yield from _subject(subject.usubjid, rows["answers"], modes, _corrected(rows["corrections"]))
    yield "</ClinicalData>\n</ODM>\n"


def _study(trial: StandardTrial) -> Iterator[str]:
    studyid = trial.studyid
    yield _tag("Study", OID=studyid) + "<GlobalVariables>"
    yield "".join(f"<{name}>{escape(studyid)}</{name}>" for name in ("StudyName", "StudyDescription", "ProtocolName"))
    yield "</GlobalVariables>\n" + _tag("MetaDataVersion", OID=METADATA, Name=f"{studyid} protocol")
    forms = {visit.code: visit.instruments for visit in trial.data.visits}
    every = {each.code: each for each in trial.data.instruments}
    yield "<Protocol>\n"
    for code, (number, _) in trial.visits.items():
        yield _closed("StudyEventRef", StudyEventOID=f"SE.{code}", OrderNumber=str(number), Mandatory="Yes")
    yield "</Protocol>\n"
    for code in trial.visits:
        yield _tag("StudyEventDef", OID=f"SE.{code}", Name=code, Repeating="No", Type="Scheduled")
        for form in forms.get(code, ()):
            yield _closed("FormRef", FormOID=f"FM.{form}", Mandatory="Yes")
        yield "</StudyEventDef>\n"
    for form in every:
        yield _tag("FormDef", OID=f"FM.{form}", Name=form, Repeating="No")
        yield _closed("ItemGroupRef", ItemGroupOID=f"IG.{form}", Mandatory="Yes") + "</FormDef>\n"
    yield from _items(every.values())
    yield "</MetaDataVersion>\n</Study>\n"


def _items(questionnaires: Iterable[Instrument]) -> Iterator[str]:
    every = list(questionnaires)
    for each in every:
        yield _tag("ItemGroupDef", OID=f"IG.{each.code}", Name=each.code, Repeating="No")
        for item in each.items:
            place = f"IT.{each.code}.{item.code}"
            yield _closed("ItemRef", ItemOID=place, Mandatory="Yes" if item.required else "No")
        yield "</ItemGroupDef>\n"
    for each in every:
        for item in each.items:
            yield from item_definition(each, item)
    for each in every:
        for item in each.items:
            if item.codes:
                yield _tag("CodeList", OID=f"CL.{each.code}.{item.code}", Name=item.code, DataType="integer")
                for code in item.codes:
                    yield _closed("EnumeratedItem", CodedValue=str(code))
                yield "</CodeList>\n"


def item_definition(questionnaire: Instrument, item: Item) -> Iterator[str]:
    """The item with its type, and where its codes are."""
    number = {"DataType": "float", "Length": "12", "SignificantDigits": str(item.decimals)}
    kind = number if item.decimals else {"DataType": TYPES.get(item.type, "integer")}
    if kind["DataType"] not in ("date", "partialTime"):
        kind.setdefault("Length", "4000" if item.type is ItemType.TEXT else "10")
    yield _tag("ItemDef", OID=f"IT.{questionnaire.code}.{item.code}", Name=item.code, **kind)
    if item.codes:
        yield _closed("CodeListRef", CodeListOID=f"CL.{questionnaire.code}.{item.code}")
    yield "</ItemDef>\n"


def _admin(trial: StandardTrial) -> Iterator[str]:
    """Who sends answers, and the sites; nobody by name."""
    yield _tag("AdminData", StudyOID=trial.studyid)
    yield _tag("User", OID=PATIENT, UserType="Other") + "<FullName>The participant</FullName></User>\n"
    yield _tag("User", OID=ODM_STAFF, UserType="Other") + "<FullName>Staff of the site</FullName></User>\n"
    for site in sorted({str(subject.row["site"]) for subject in trial.subjects.values()}):
        yield _tag("Location", OID=f"LOC.{site}", Name=site, LocationType="Site")
        yield _closed("MetaDataVersionRef", StudyOID=trial.studyid, MetaDataVersionOID=METADATA,
                   EffectiveDate=f"{trial.data.as_of:%Y-%m-%d}")  # fmt: skip
        yield "</Location>\n"
    yield "</AdminData>\n"


def _corrected(corrections: Iterable[Row]) -> Corrected:
    approved = [row for row in corrections if row["decision"] == CorrectionOutcome.APPROVED]
    in_order = sorted(approved, key=lambda row: str(row["decided_at"]))
    return {tuple(row[name] for name in ("participant", "visit", "instrument", "item")): row for row in in_order}


def _subject(usubjid: str, rows: list[Row], modes: Modes, corrected: Corrected) -> Iterator[str]:
    yield _tag("SubjectData", SubjectKey=usubjid)
    if rows:
        yield _closed("SiteRef", LocationOID=f"LOC.{rows[0]['site']}")
    for visit, of_visit in groupby(rows, lambda row: row["visit"]):
        yield _tag("StudyEventData", StudyEventOID=f"SE.{visit}")
        for form, of_form in groupby(of_visit, lambda row: row["instrument"]):
            yield from _form(str(form), list(of_form), modes, corrected)
        yield "</StudyEventData>\n"
    yield "</SubjectData>\n"


def _form(form: str, rows: list[Row], modes: Modes, corrected: Corrected) -> Iterator[str]:
    participant, visit = rows[0]["participant"], rows[0]["visit"]
    voided = corrected.get((participant, visit, None, None))
    yield _tag("FormData", FormOID=f"FM.{form}") + (_change(voided) if voided else _audit(rows[0], modes))
    yield _tag("ItemGroupData", ItemGroupOID=f"IG.{form}")
    for row in rows:
        place = f"IT.{form}.{row['item']}"
        value = row["value"]
        said = {"IsNull": "Yes"} if value is None else {"Value": str(value)}
        change = corrected.get((participant, visit, form, row["item"]))
        if change is None or voided:
            yield _closed("ItemData", ItemOID=place, **said)
        else:
            yield _tag("ItemData", ItemOID=place, **said) + _change(change) + _original(change) + "</ItemData>\n"
    yield "</ItemGroupData>\n</FormData>\n"


def _audit(row: Row, modes: Modes) -> str:
    """Who sent the form, where she belongs, and when it arrived."""
    user = ODM_STAFF if modes.get((row["participant"], row["visit"])) in TYPED else PATIENT
    return _record(user, row["site"], row["submitted_at"])


def _change(correction: Row) -> str:
    """A correction that an investigator signed: from which site, when, and why."""
    return _record(ODM_STAFF, correction["site"], correction["decided_at"], str(correction["reason"]))


def _original(correction: Row) -> str:
    """What the patient submitted, beside what holds."""
    value = correction["original_value"]
    said = "Submitted: nothing" if value is None else f"Submitted: {value}"
    return _tag("Annotation", SeqNum="1") + f"<Comment>{_text(said)}</Comment></Annotation>\n"


def _record(user: str, site: Cell, at: Cell, reason: str = "") -> str:
    because = f"<ReasonForChange>{_text(reason)}</ReasonForChange>" if reason else ""
    return (
        "<AuditRecord>"
        + _closed("UserRef", UserOID=user)
        + _closed("LocationRef", LocationOID=f"LOC.{site}")
        + f"<DateTimeStamp>{at:%Y-%m-%dT%H:%M:%SZ}</DateTimeStamp>{because}</AuditRecord>\n"
    )


def _text(text: str) -> str:
    return escape(text.translate(FORBIDDEN))


def _tag(name: str, **attributes: str) -> str:
    said = "".join([f" {key}={_quoted(value)}" for key, value in attributes.items()])
    return f"<{name}{said}>\n"


@lru_cache(maxsize=4096)
def _quoted(value: str) -> str:
    """Items and codes are said again and again."""
    return quoteattr(value.translate(FORBIDDEN))


def _closed(name: str, **attributes: str) -> str:
    return f"{_tag(name, **attributes)[:-2]}/>\n"
