"""`make mutate`: plant small mistakes in the rules of the trial, one at a time, and see that a test notices each.

`make mutate WHICH=gate` tries one target of `targets.py`. Survivors are printed; those that change nothing that can be
seen stand in `equivalent.yaml` with the reason, and do not count. Ends with 1 if less than 95 % of a target are killed,
or if the list of equivalents names a mutant that is killed or is not there.

A mutant is killed by tests that fail, by a module that can no longer be imported, or by tests that take ten times as
long as without it (counted apart). Whatever else happens to the tests says nothing of them, and ends the run.
"""

import argparse
import ast
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import yaml

from app.core import embedded
from tests.mutating.mutants import NOWHERE, Mutant, mutants
from tests.mutating.targets import SHARE, TARGETS, Target
from tests.mutating.trying import ROOT, TOO_LONG, Planted, forked, load_libraries, path_of, try_modules

WORKERS = 2
SLOWER, SPARE = 10, 15.0
"""A mutant's tests may take so many times the sound module's, and so many seconds more; else they loop."""
SURVIVED = 0
KILLED = (1, 2, TOO_LONG)
"""What a killed mutant ends with: pytest's word that a test failed, or that a file cannot be collected; or a loop."""
EQUIVALENT = Path(__file__).with_name("equivalent.yaml")


@dataclass(frozen=True)
class Trial:
    """One mutant to try: the number of it among those of its module."""

    module: str
    number: int
    only: tuple[str, ...]
    tests: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class TriedMutant:
    """What became of a mutant."""

    module: str
    mutant: Mutant
    status: int

    @property
    def killed(self) -> bool:
        return self.status in KILLED

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.module, self.mutant.where, self.mutant.before, self.mutant.after

    def __str__(self) -> str:
        place = f"{path_of(self.module).relative_to(ROOT)}:{self.mutant.line}"
        return f"{place} in {self.mutant.where}\n      {self.mutant.before}\n   -> {self.mutant.after}"


def main() -> int:
    """Try every mutant of the targets; print each target's share and its survivors."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutating", description=__doc__)
    parser.add_argument("which", nargs="*", help=f"of {', '.join(target.name for target in TARGETS)}; all without")
    which = parser.parse_args().which
    names = [target.name for target in TARGETS]
    if unknown := set(which) - set(names):
        sys.exit(f"Not a target: {', '.join(sorted(unknown))}. They are: {', '.join(names)}.")
    targets = [target for target in TARGETS if not which or target.name in which]
    prepare_databases()
    equivalents = read_equivalents()
    good = [judge(target, list(outcomes(target)), equivalents) for target in targets]
    return int(not all(good))


def prepare_databases() -> None:
    """A server for each worker, which stops with this process, and a migrated template in it."""
    for number in range(WORKERS):
        server = embedded.start(ROOT / "instance" / f"tests-{worker(number)}")
        template = f"template_{worker(number)}"
        server.recreate_database(template)
        if forked(partial(migrated, server.url("svar_owner", template)), 120):
            sys.exit("the migrations failed")
    os.environ["MIGRATED"] = "yes"


def migrated(address: str) -> int:
    """Migrate; in a fork, because it imports the application."""
    from app.core import migrating

    migrating.upgrade(address)
    return 0


def worker(number: int) -> str:
    """The name of a worker, and of its databases."""
    return f"mutating{number}"


def outcomes(target: Target) -> Iterator[TriedMutant]:
    """Try the target's mutants, two at a time."""
    seconds = limit(sound_seconds(target))
    trials = [
        Trial(module, number, target.only, target.tests, seconds)
        for module in target.modules
        for number in range(len(mutants_of(module, target.only)[1]))
    ]
    context = multiprocessing.get_context("fork")
    numbers = context.SimpleQueue()
    for number in range(WORKERS):
        numbers.put(number)
    with context.Pool(WORKERS, become, (numbers.get,)) as pool:
        for outcome in pool.imap(tried, trials):
            yield certain(outcome)


def sound_seconds(target: Target) -> float:
    """See that the tests are green without a mistake on every worker; how long they took on the slowest."""
    if status := load_libraries(target.tests, worker(0)):
        sys.exit(f"the tests of {target.name} fail without a mistake (status {status})")
    took = []
    for number in range(WORKERS):
        began = time.monotonic()
        sound = [Planted(module, mutants_of(module, ())[0]) for module in target.modules]
        if status := try_modules(sound, target.tests, worker(number), 600):
            sys.exit(f"the tests of {target.name} fail on {worker(number)} with sound modules (status {status})")
        took.append(time.monotonic() - began)
    return max(took)


def limit(sound: float) -> float:
    """After so many seconds a mutant loops, when its tests took so many without it."""
    return SLOWER * sound + SPARE


def certain(outcome: TriedMutant) -> TriedMutant:
    """The outcome, if it says something of the tests; a crash, a usage error, a database that is gone end the run."""
    if outcome.status == SURVIVED or outcome.killed:
        return outcome
    sys.exit(f"neither killed nor alive, but ended with status {outcome.status}:\n   {outcome}")


def mutants_of(module: str, only: tuple[str, ...]) -> tuple[ast.Module, list[Mutant]]:
    """The module's tree, and the mistakes that can be planted in it."""
    tree = ast.parse(path_of(module).read_bytes())
    return tree, mutants(tree, only)


def become(next_number: Callable[[], int]) -> None:
    """Say which worker this process is."""
    os.environ["MUTATING_WORKER"] = worker(next_number())


def tried(trial: Trial) -> TriedMutant:
    """Plant the mutant and ask the tests."""
    tree, all_ = mutants_of(trial.module, trial.only)
    mutant = all_[trial.number]
    mutant.plant()
    status = try_modules([Planted(trial.module, tree)], trial.tests, os.environ["MUTATING_WORKER"], trial.seconds)
    return TriedMutant(trial.module, replace(mutant, place=NOWHERE), status)


def read_equivalents() -> dict[tuple[str, str, str, str], str]:
    """Mutants that change nothing, and why."""
    listed = yaml.safe_load(EQUIVALENT.read_text("utf-8")) or {}
    return {
        (module, entry["where"], entry["before"], entry["after"]): entry["why"]
        for module, entries in listed.items()
        for entry in entries
    }


def judge(target: Target, tried: list[TriedMutant], equivalents: dict[tuple[str, str, str, str], str]) -> bool:
    """Print how the target did; whether that is good enough."""
    survivors = [outcome for outcome in tried if not outcome.killed]
    alive = [outcome for outcome in survivors if outcome.key not in equivalents]
    counted = len(tried) - (len(survivors) - len(alive))
    share = 1 - len(alive) / counted if counted else 0.0
    looping = sum(outcome.status == TOO_LONG for outcome in tried)
    print(
        f"{target.name:10}{counted:5} mutants {len(alive):4} survive  {share:7.1%} killed ({looping} by the clock)",
        flush=True,
    )
    for outcome in alive:
        print(f"   {outcome}")
    wrong = {key for key in equivalents if key[0] in target.modules} - {outcome.key for outcome in survivors}
    for key in sorted(wrong):
        print(f"   not a survivor, though equivalent.yaml names it: {key}")
    return share >= SHARE and not wrong


if __name__ == "__main__":
    sys.exit(main())
