"""The whole way to the report, rehearsed every night: each study's newest export is analysed blind.

It is done from the exported files alone, by a process of its own that sees neither the database nor an allocation: the
models are pooled, the arms are dummies, and every page says so. What fails is known the night it fails, not the day
the key is opened.
"""

import json
import logging
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from app.core.child_environments import of_files_alone

log = logging.getLogger("svar.exports")

BLIND_FOLDER = "blind"
OUTCOME = "outcome.json"
LONGEST_SECONDS = 900


@dataclass(frozen=True)
class BlindRun:
    """What became of a blind run: the SHA-256 of the manifest that it read, and what was wrong, if anything was."""

    manifest: str
    complaint: str = ""


def analyse_due(plans: Path, exports: Path) -> list[str]:
    """Analyse, for each `plans/STUDY.yaml`, the newest export of that study, once; returns the studies analysed."""
    return [plan.stem for plan in sorted(plans.glob("*.yaml")) if _analysed(plan, exports / plan.stem)]


def outcome_of(study_folder: Path) -> BlindRun | None:
    """The last blind run in a study's folder of exports."""
    kept = study_folder / BLIND_FOLDER / OUTCOME
    return BlindRun(**json.loads(kept.read_text("utf-8"))) if kept.is_file() else None


def _analysed(plan: Path, study_folder: Path) -> bool:
    manifests = sorted(study_folder.glob("[0-9]*-[0-9]*-[0-9]*/manifest.json"))
    if not manifests:
        return False
    digest = sha256(manifests[-1].read_bytes()).hexdigest()
    before = outcome_of(study_folder)
    if before is not None and before.manifest == digest:
        return False
    part = study_folder / f".{BLIND_FOLDER}.part"
    shutil.rmtree(part, ignore_errors=True)
    complaint = _run(manifests[-1].parent, plan, part)
    if complaint:
        log.error("the blind run of %s failed; what it said is on the study's report page", plan.stem)
    _keep(part, study_folder / BLIND_FOLDER, BlindRun(digest, complaint))
    return True


def _run(snapshot: Path, plan: Path, out: Path) -> str:
    """Run the analysis; returns what it complained of, in its last words."""
    command = [sys.executable, "-m", "app.analysis", str(snapshot), "--plan", str(plan), "--out", str(out)]
    code = Path(__file__).resolve().parents[2]
    try:
        done = subprocess.run(
            command, cwd=code, env=of_files_alone(), capture_output=True, encoding="utf-8", timeout=LONGEST_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"It took longer than {LONGEST_SECONDS // 60} minutes."
    last_words = done.stderr.strip() or "It ended without a word."
    return last_words[-2000:] if done.returncode else ""


def _keep(part: Path, folder: Path, outcome: BlindRun) -> None:
    """Put the new run in the place of the old one; one that failed leaves its complaint alone."""
    if outcome.complaint:
        shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, exist_ok=True)
    (part / OUTCOME).write_text(json.dumps(asdict(outcome), ensure_ascii=False) + "\n", "utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
