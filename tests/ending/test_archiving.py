"""An archive opens without Svar: every file against its hash, every answered visit as it was shown."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from fpdf import FPDF
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.problems import Conflict
from app.ending import archiving
from app.ending.archiving import archive, responses_of
from app.ending.pdf import pdf
from app.ending.sheets import AnsweredSheet, SheetItem, SheetPart, sheet
from app.instruments.folders import read_files, read_folder
from app.participants.models import Participant
from app.responses.answering import submit
from app.responses.models import Response
from app.studies.installing import install
from app.studies.models import Protocol, Study, StudyState
from app.studies.questionnaires import install_folder
from app.studies.states import MAY, Act
from tests.factories import NOW, backtobasic, infused, participant, scheduled, visit
from tests.instruments.test_piping import FILES as ACHE
from tests.instruments.test_rich_items import FOLDER
from tests.responses.visits import answers_to
from tests.studies.protocol.protocols import SMALL
from tests.web.patient.test_rich_items import DOSE, SENT


@pytest.fixture
def study(session: Session) -> Study:
    """A study that is locked, in which two people have answered."""
    protocol = backtobasic(StudyState.LIVE)
    for code in ("01-001", "01-002"):
        person = participant(protocol, now=NOW.replace(year=2025), code=code)
        infused(person, NOW.replace(month=2, day=23))
        assessment = visit(person, "d7")
        submit(assessment, answers_to(assessment, 3), NOW, language="nb")
    protocol.study.state = StudyState.LOCKED
    session.commit()
    return protocol.study


def files_in(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())


def test_everything_that_is_to_be_kept_is_in_it_with_its_hash(session: Session, study: Study, tmp_path: Path) -> None:
    made = archive(study, tmp_path / "kept", NOW)
    names = set(files_in(made.folder))
    assert made.files == len(names) - 1
    assert {
        "index.html", "export/answers.csv", "export/manifest.json", "protocols/1.0.yaml", "audit_trail.csv",
        "answered/01-001/d7.pdf", "answered/01-002/d7.pdf", "certificates.json", "SHA256SUMS",
    } <= names  # fmt: skip
    checked = subprocess.run(["/usr/bin/sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=made.folder, check=False)
    assert checked.returncode == 0
    assert made.sha256 == sha256((made.folder / "SHA256SUMS").read_bytes()).hexdigest()
    version = session.scalars(select(Protocol).filter_by(study_id=study.id)).one()
    assert (made.folder / "protocols" / "1.0.yaml").read_bytes() == version.source.encode()
    for code in version.plan.instruments:
        assert any(name.startswith(f"questionnaires/{code}-") and name.endswith("wordings/nb.yaml") for name in names)
    assert "01-001" in (made.folder / "audit_trail.csv").read_text("utf-8")
    linked = (made.folder / "index.html").read_text("utf-8")
    assert all(f'href="{name}"' in linked and (made.folder / name).exists() for name in archiving.WHAT)


@pytest.mark.parametrize("state", StudyState)
def test_only_what_is_locked_or_archived_is_kept(study: Study, tmp_path: Path, state: StudyState) -> None:
    study.state = state
    if Act.ARCHIVE in MAY[state]:
        assert archive(study, tmp_path / "kept", NOW).files > 20
    else:
        with pytest.raises(
            Conflict, match="cannot be kept as an archive; that needs a study that is locked or archived"
        ):
            archive(study, tmp_path / "kept", NOW)
    assert (tmp_path / "kept").exists() is (state in (StudyState.LOCKED, StudyState.ARCHIVED))


def test_what_was_broken_off_is_no_archive_and_is_begun_anew(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(archiving, "_trail", breaks)
        with pytest.raises(KeyboardInterrupt):
            archive(study, tmp_path / "kept", NOW)
    assert not (tmp_path / "kept").exists()
    assert archive(study, tmp_path / "kept", NOW).files > 20
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    with pytest.raises(Conflict, match="is made in a new folder"):
        archive(study, tmp_path / "kept", NOW)


def test_a_sheet_has_the_words_that_were_shown_and_marks_what_was_chosen(session: Session, study: Study) -> None:
    response, _ = responses_of(Participant.study_id == study.id)
    shown = sheet(response)
    assert shown.participant == "01-001"
    assert [len(part.items) for part in shown.parts] == [
        sum(answer.instrument == code for answer in response.answers) for code in dict.fromkeys(
            answer.instrument for answer in sorted(response.answers, key=lambda answer: answer.id))]  # fmt: skip
    assert any("SHA-256" in fact and response.sha256 in fact for fact in shown.facts)
    assert all(item.corrected is None for part in shown.parts for item in part.items)
    assert all(sum(chosen for _, chosen in item.options) <= 1 for part in shown.parts for item in part.items)


def questions_of(response: Response) -> list[tuple[str, str, str, list[str], str]]:
    """Each item: what stands above it, its question, its help, the options with what was chosen, the answer."""
    items = [item for part in sheet(response).parts for item in part.items]
    boxes = [[f"{label}{' x' * chosen}" for label, chosen in item.options] for item in items]
    return [
        (item.group, item.question, item.help, options, item.answer) for item, options in zip(items, boxes, strict=True)
    ]


def test_boxes_rows_marks_and_earlier_answers_stand_as_they_were_shown(session: Session) -> None:
    install_folder(read_folder(FOLDER), DOSE)
    words = ACHE["wordings/en.yaml"].replace("language: en", "language: nb")
    install_folder(read_files("ache", {**ACHE, "wordings/nb.yaml": words}), DOSE)
    text = SMALL.replace("[nrs_lbp_week]", "[where8, ache]").replace("first_dose", "first_infusion")
    protocol = install(text, DOSE, state=StudyState.DEMO)
    person = scheduled(protocol, DOSE, given_at=DOSE, now=DOSE - timedelta(days=20), language="en")
    given: dict[str, dict[str, object]] = {"where8": {}, "ache": {}}
    for name, value in (
        SENT | {"where8.head": "0", "ache.place": "2", "ache.hours": "3", "ache.box": "1", "ache.row": "0"}
    ).items():
        code, _, item = name.partition(".")
        if code in given:
            given[code][item] = int(value)
    questions = questions_of(submit(visit(person, "d7"), given, DOSE + timedelta(days=7, hours=5), language="en"))
    assert ("Where does it hurt?", "", "", ["The head"], "") in questions  # left empty, which is an answer
    assert ("Where does it hurt?", "", "", ["The back x"], "") in questions
    assert ("Where does it hurt?", "", "", ["The knees"], "–") in questions
    stairs = ["Not at all", "A little", "Quite", "Very x"]
    assert ("How hard is it today?", "To climb stairs", "", stairs, "") in questions
    marks = "No pain – 25: A little – 50: Quite – 75: Very – The strongest that I can imagine"
    assert ("", "How strong is the pain?", marks, [], "40") in questions
    assert [question for _, question, *_ in questions if "bother" in question] == [
        "How much does it in The neck (3 hours) bother you?"
    ]


SHEET = AnsweredSheet(
    "Studien", "01-001", "Morgon", "sv", datetime(2026, 3, 2, tzinfo=UTC), ("knee 1",),
    (SheetPart("Ditt knä", "Välj", "I dag", ("knee 1",), (
        SheetItem("", "Hur mår du?", "", (("Bra", True), ("Dåligt", False)), "", "Dåligt"),
        SheetItem("", "Ελληνικά, кириллица, العربية", "0 – 10", (), "4", None),
    )),),
)  # fmt: skip


def test_the_same_sheet_is_the_same_paper_in_any_letters() -> None:
    first = pdf(SHEET)
    assert first == pdf(SHEET)
    assert first.startswith(b"%PDF-")
    assert first.count(b"/Type /Page\n") == 1


def test_a_long_sheet_runs_over_pages() -> None:
    many = SheetPart("Long", "", "", (), SHEET.parts[0].items * 40)
    assert pdf(AnsweredSheet("S", "01-001", "Long", "en", NOW, (), (many,))).count(b"/Type /Page\n") > 3


def asking(words: str) -> AnsweredSheet:
    """A sheet with one question."""
    return AnsweredSheet(
        "S", "01-001", "V", "ar", NOW, (), (SheetPart("P", "", "", (), (SheetItem("", words, "", (), "4", None),)),)
    )


def test_arabic_letters_are_joined_and_run_from_the_right(monkeypatch: pytest.MonkeyPatch) -> None:
    joined = pdf(asking("كيف حالك اليوم؟"))
    monkeypatch.setattr("fpdf.FPDF.set_text_shaping", lambda *_, **__: None)
    assert pdf(asking("كيف حالك اليوم؟")) != joined


@pytest.mark.parametrize(
    ("words", "drawn", "align"),
    [
        ("How are you?", "How are you?", "L"),
        ("كيف حالك؟", "كيف حالك؟", "R"),
        ("7 أيام", "7 أيام", "R"),  # a number has no direction of its own
        ("01-001: اليوم", "01-001: اليوم", "R"),
        ("SMS رسالة", "SMS رسالة", "L"),
        ("שלום", "שלום", "R"),
        ("1 – 10", "1 – 10", "L"),
        ("two\nlines", "two\nlines", "L"),
        ("中 is not there", "[U+4E2D] is not there", "L"),
        ("\U0001fae0", "[U+1FAE0]", "L"),
    ],
)
def test_words_begin_where_their_script_does_and_no_sign_is_left_out(
    words: str, drawn: str, align: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = []
    draw = FPDF.multi_cell

    def note(self: FPDF, w: float, h: float, text: str, **how: Any) -> Any:
        lines.append((text, how["align"]))
        return draw(self, w, h, text, **how)

    monkeypatch.setattr(FPDF, "multi_cell", note)
    pdf(asking(words))
    assert (drawn, align) in lines
