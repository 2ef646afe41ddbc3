"""Whatever was done to an exported folder is told in sentences, and nothing else is."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app.exports.manifest import MANIFEST
from app.exports.verifying import verify

FILES = {"a.csv": b"x\n1\n", "b.parquet": b"PAR1", "labelled/a.sav": b"$FL2", "big.csv": b"0123456789" * 200_000}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    described = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "rows": 1, "bytes": len(content)}
        for name, content in FILES.items()
    }
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / MANIFEST).write_text(json.dumps({"study": "trial", "files": described}), "utf-8")
    return tmp_path


def recorded(folder: Path) -> str:
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def put(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes(content)


def replace_by_a_folder(folder: Path) -> None:
    (folder / "a.csv").unlink()
    (folder / "a.csv").mkdir()


ALTERED = "{} was altered: its SHA-256 is not the manifest's"


@pytest.mark.parametrize(
    ("act", "complaints"),
    [
        (lambda folder: None, []),
        (remove("a.csv"), ["a.csv is missing"]),
        (replace_by_a_folder, ["a.csv is missing"]),
        (put("a.csv", b"x\n2\n"), [ALTERED.format("a.csv")]),
        (put("a.csv", b"x\n1\n\n"), [ALTERED.format("a.csv")]),
        (put("a.csv", b""), [ALTERED.format("a.csv")]),
        (put("big.csv", FILES["big.csv"][:-1] + b"8"), [ALTERED.format("big.csv")]),  # in the last of several blocks
        (put("notes.txt", b""), ["notes.txt was not exported"]),
        (put(".hidden", b""), [".hidden was not exported"]),
        (put("A.csv", FILES["a.csv"]), ["A.csv was not exported"]),
        (remove("labelled/a.sav"), ["labelled/a.sav is missing"]),
        (put("labelled/a.sav", b"$FL3"), [ALTERED.format("labelled/a.sav")]),
        (put("labelled/b.sav", b""), ["labelled/b.sav was not exported"]),
        (lambda folder: (folder / "labels").mkdir(), ["labels was not exported"]),
    ],
)
def test_each_fault_is_named(act: Callable[[Path], object], complaints: list[str], folder: Path) -> None:
    before = recorded(folder)
    act(folder)
    assert verify(folder) == verify(folder, before) == complaints


def test_all_faults_are_told_by_name_in_order(folder: Path) -> None:
    before, strangers = recorded(folder), "zyxwvutc"
    for act in (*(put(name, b"") for name in strangers), remove("b.parquet"), put("a.csv", b"")):
        act(folder)
    (folder / MANIFEST).write_text((folder / MANIFEST).read_text("utf-8") + "\n", "utf-8")
    assert verify(folder, before) == [
        ALTERED.format("a.csv"),
        "b.parquet is missing",
        *(f"{name} was not exported" for name in sorted(strangers)),
        "manifest.json is not the one that was recorded",
    ]


def test_a_manifest_made_to_fit_is_found_by_the_record_alone(folder: Path) -> None:
    before = recorded(folder)
    (folder / "a.csv").write_bytes(b"x\n2\n")
    described = json.loads((folder / MANIFEST).read_text("utf-8"))
    described["files"]["a.csv"]["sha256"] = hashlib.sha256(b"x\n2\n").hexdigest()
    (folder / MANIFEST).write_text(json.dumps(described), "utf-8")
    assert verify(folder) == []
    assert verify(folder, before) == ["manifest.json is not the one that was recorded"]
