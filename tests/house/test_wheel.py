"""`pip install .`: a wheel with the analysis as `svar`, which needs what it says, and nothing of the service."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app.version import VERSION

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys

class OnlyDeclared:
    '''What the wheel does not ask for is not there, as in a fresh environment.'''
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name}}")

sys.path.insert(0, {place!r})
sys.meta_path.insert(0, OnlyDeclared())
{statements}
"""
EVERY_MODULE = """
import pkgutil, importlib, svar.analysis
for module in pkgutil.walk_packages(svar.analysis.__path__, "svar.analysis."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made without a network: the backend is one of the development's requirements."""
    made = tmp_path_factory.mktemp("wheel")
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "wheel", str(ROOT), *options, "--wheel-dir", str(made)], check=True)
    (file,) = made.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place where the wheel is installed, and nothing else of ours."""
    place = tmp_path_factory.mktemp("installed")
    options = ["--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", "install", str(wheel), *options, "--target", str(place)], check=True)
    return place


def test_the_wheel_carries_the_analysis_under_one_name_and_nothing_of_the_service(wheel: Path) -> None:
    names = ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"svar", f"svar-{VERSION}.dist-info"}
    assert {name.split("/")[1] for name in names if name.startswith("svar/")} == {"__init__.py", *_parts()}
    ours = sorted(_without_cache(file for part in _parts() for file in (ROOT / "app" / part).rglob("*.*")))
    assert sorted(name for name in names if name.startswith(tuple(f"svar/{part}/" for part in _parts()))) == [
        f"svar/{file.relative_to(ROOT / 'app').as_posix()}" for file in ours
    ]


def test_nothing_in_the_wheel_names_the_checkout(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist() if name.startswith("svar/")}
    assert [name for name, text in texts.items() if re.search(r"\b(from|import) app\b|\bapp\.\w+", text)] == []


def test_the_documented_example_fits_where_there_is_what_the_wheel_asks_for_and_nothing_else(installed: Path) -> None:
    page = (ROOT / "docs" / "mixed_models.md").read_text("utf-8")
    blocks = "".join(re.findall(r"```python\n(.*?)```", page, re.DOTALL)[:4])
    blocks = blocks.replace("app.analysis", "svar.analysis").replace("tests/analysis", str(ROOT / "tests" / "analysis"))
    assert 'assert round(primary["estimate"], 4) == -0.7897' in blocks
    assert not _failure(installed, f"import svar; assert svar.__version__ == {VERSION!r}\n{blocks}", _declared())


def test_every_module_of_the_wheel_loads_with_the_extras_of_the_report(installed: Path) -> None:
    assert not _failure(installed, EVERY_MODULE, _declared("report"))


def test_without_its_extras_the_report_is_not_there(installed: Path) -> None:
    assert "No module named" in _failure(installed, EVERY_MODULE, _declared())


def test_the_wheel_asks_for_each_library_that_it_imports_and_for_no_other() -> None:
    owners = packages_distributions()
    files = _without_cache(file for part in _parts() for file in (ROOT / "app" / part).rglob("*.py"))
    used = {name for file in files for name in _imported(file)} - set(sys.stdlib_module_names) - {"app"}
    asked_for = {canonicalize_name(requirement.name) for requirement in _requirements("report")}
    assert {canonicalize_name(owners[name][0]) for name in used} == asked_for


def test_the_changes_begin_with_the_version() -> None:
    heading = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert heading is not None
    assert heading[1] == VERSION


def test_the_version_stands_in_one_place() -> None:
    files = [*ROOT.glob("*.py"), *ROOT.glob("*.toml"), *_without_cache((ROOT / "app").rglob("*.py"))]
    quoted = f'"{VERSION}"'
    assert [file.relative_to(ROOT).as_posix() for file in files if quoted in file.read_text("utf-8")] == [
        "app/version.py"
    ]


def _parts() -> set[str]:
    """What hatch_build.py says the wheel carries, as it stands in the folder."""
    from hatch_build import PARTS

    return {f"{part}.py" if (ROOT / "app" / f"{part}.py").exists() else part for part in PARTS}


def _without_cache(files: Iterator[Path]) -> list[Path]:
    return [file for file in files if "__pycache__" not in file.parts]


def _imported(file: Path) -> Iterator[str]:
    """The top-level names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def _failure(place: Path, statements: str, declared: set[str]) -> str:
    """Why the statements fail in an interpreter that has the wheel and the libraries named; nothing if they do not."""
    missing = {
        package
        for package, owners in packages_distributions().items()
        if not {canonicalize_name(owner) for owner in owners} & declared
    }
    program = PROGRAM.format(place=str(place), statements=statements, missing=missing | {"app"})
    ran = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=place, capture_output=True, encoding="utf-8", check=False
    )
    return ran.stderr if ran.returncode else ""


def _requirements(*extras: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    texts = [*project["dependencies"]]
    for extra in extras:
        texts += project["optional-dependencies"][extra]
    return [Requirement(text) for text in texts]


def _declared(*extras: str) -> set[str]:
    """The distributions that the wheel's requirements bring, and those that they bring."""
    waiting, names = _requirements(*extras), set[str]()
    while waiting:
        name = canonicalize_name(waiting.pop().name)
        if name not in names:
            names.add(name)
            waiting += _needed_by(name)
    return names


def _needed_by(name: str) -> list[Requirement]:
    try:
        needed = [Requirement(text) for text in requires(name) or []]
    except PackageNotFoundError:  # of another platform
        return []
    return [each for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
