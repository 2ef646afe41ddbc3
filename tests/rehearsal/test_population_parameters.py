"""simulation.yaml: what is right is frozen, what is wrong is named with its line."""

from pathlib import Path

import pytest

from app.rehearsal.parameters import Parameters
from app.rehearsal.simulation_file import read_parameters
from app.yaml_files import FileError
from tests.rehearsal.conftest import SIMULATION


def _changed(tmp_path: Path, old: str, new: str) -> Path:
    text = SIMULATION.read_text(encoding="utf-8")
    assert text.count(old) == 1
    target = tmp_path / "simulation.yaml"
    target.write_text(text.replace(old, new), encoding="utf-8")
    return target


def test_the_shipped_file_is_the_trial_of_the_paper(parameters: Parameters) -> None:
    assert parameters.participants == 128
    assert len(parameters.sites) == 5
    assert [dict(arm.change)[154] for arm in parameters.arms] == [-7.0, -6.4]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("participants: 128", "participants: 128.5", "line 5: participants: Not a valid integer."),
        ("participants: 128", "participant: 128", "participant: Unknown field."),
        ("Europe/Oslo", "Europe/Olso", "line 7: zone: no such time zone: Europe/Olso"),
        ("last: 2022-10-14", "last: 2018-10-14", "line 6: enrolment.last: must come after first"),
        ("nb: 0.93", "nb: 0.83", "languages: the shares add up to 0.9; they must add up to 1"),
        ("share: 0.36,", "share: 0.46,", "line 10: sites: the shares add up to 1.1; they must add up to 1"),
        ("soon: 0.64", "sooner: 0.64", "behaviour.shares.sooner: Must be one of: soon"),
        (
            "seed: 2022",
            "seed: 2022\nseed: 7",
            "line 5: `seed` stands twice. Keep one of the two; the other is on line 4.",
        ),
        ("participants: 128", "participants: [128", "cannot be understood as YAML"),
    ],
)
def test_a_wrong_file_names_line_and_remedy(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(FileError) as caught:
        read_parameters(_changed(tmp_path, old, new))
    assert message in str(caught.value)


def test_every_error_is_named_at_once(tmp_path: Path) -> None:
    target = _changed(tmp_path, "participants: 128", "participants: few\ncolour: blue")
    with pytest.raises(FileError) as caught:
        read_parameters(target)
    assert len(caught.value.problems) == 2


def test_a_missing_file_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nowhere.yaml cannot be used:\n  the file cannot be read: No such file"):
        read_parameters(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("text", ["- 1\n", "word\n"])
def test_a_file_without_names_is_refused(tmp_path: Path, text: str) -> None:
    target = tmp_path / "simulation.yaml"
    target.write_text(text, encoding="utf-8")
    with pytest.raises(FileError, match="must be a mapping"):
        read_parameters(target)
