"""`make shake`: the suite of `make test` under every perturbation, in four rounds; ends with 1 unless all are green.

`make shake WHICH=nested` runs one round, `WHICH=jit` one perturbation alone, `WHICH=today` the round of the day on the
tests where it tells the most; `SHAKEN=tests/exports` chooses other tests than the whole suite. Of the whole, what a
perturbation cannot reach is left out. A Python that is not installed is passed over, unless it alone was named.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.shaking.perturbations import ROUNDS, SUITE, TELLING, Perturbation, of_the_day, perturbations, rounds

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")
QUICK = ("-m", "not slow", "--ignore", "tests/house")
"""What `make test` leaves out, unless tests are named: real processes have a clock that we do not move."""


def main() -> int:
    """Run them one after the other, and print a table."""
    today = datetime.now(UTC).date()
    arguments = read_arguments()
    by_name = {perturbation.name: perturbation for perturbation in (*rounds(today), *perturbations(today))}
    names = arguments.which or list(ROUNDS)
    if is_today := names == ["today"]:
        names = [of_the_day(today, list(ROUNDS))]
        by_name[names[0]] = replace(by_name[names[0]], python="")  # another Python needs an environment of its own
    if unknown := set(names) - set(by_name):
        sys.exit(f"Not a perturbation: {', '.join(sorted(unknown))}. They are: {', '.join(by_name)}.")
    quick = () if arguments.tests else QUICK
    tests = arguments.tests or list(TELLING if is_today else SUITE)
    results = [shaken(by_name[name], tests, quick) for name in names]
    for name, result in zip(names, results, strict=True):
        print(f"{name:12}{result}")
    return int(not all(result.startswith("green") for result in results))


def read_arguments() -> argparse.Namespace:
    """Names of perturbations, and which tests."""
    parser = argparse.ArgumentParser(prog="python -m tests.shaking", description=__doc__)
    parser.add_argument("which", nargs="*", help="perturbations, or `today`; all without")
    parser.add_argument("--tests", nargs="*", help="paths; the whole suite without")
    return parser.parse_args()


def shaken(perturbation: Perturbation, tests: list[str], quick: Sequence[str] = ()) -> str:
    """Run the tests, `quick` leaves out what `make test` does; what came of them, in a line."""
    python = interpreter(perturbation)
    missing = "" if python else f", not installed here: Python {perturbation.python}"
    if python is None and perturbation.name not in ROUNDS:
        return missing.removeprefix(", ")
    print(f"== {perturbation.name} {' '.join(f'{key}={value!r}' for key, value in perturbation.environment.items())}")
    chosen = [*quick, *(f"--ignore={path}" for path in perturbation.leaves_out if tests == list(SUITE))]
    command = [python or sys.executable, "-m", "pytest", "-n", "3", "--dist", "loadfile"]
    command += [*perturbation.arguments, *chosen, *tests]
    began = time.monotonic()
    status = subprocess.run(command, cwd=ROOT, env={**os.environ, **perturbation.environment}, check=False).returncode
    return f"{'RED' if status else 'green'} in {time.monotonic() - began:.0f} s{missing}"


def is_this(perturbation: Perturbation) -> bool:
    """Whether it is the Python that runs us, under which the plain suite is run anyway."""
    return bool(perturbation.python) and sys.version.startswith(f"{perturbation.python}.")


def interpreter(perturbation: Perturbation) -> str | None:
    """This Python, or another with what the suite needs; None where it is not installed."""
    if not perturbation.python or is_this(perturbation):
        return sys.executable
    executable = installed(f"python{perturbation.python}")
    if executable is None:
        return None
    python = ROOT / f".venv-{perturbation.python}" / "bin" / "python"
    if not python.exists():
        uv("venv", "--no-project", "--python", executable, str(python.parents[1]))
    uv("pip", "install", "--python", str(python), "--require-hashes", "-r", "requirements-dev.txt")
    return str(python)


def installed(program: str) -> str | None:
    """The first of this name that runs, on the path or under pyenv; a shim may stand for nothing."""
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    folders += sorted(Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser().glob("versions/*/bin"))
    candidates = [str(folder / program) for folder in folders if (folder / program).exists()]
    return next((each for each in candidates if not subprocess.run([each, "-V"], capture_output=True).returncode), None)


def uv(*arguments: str) -> None:
    """Run it, quietly."""
    subprocess.run([str(UV), "-q", *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main())
