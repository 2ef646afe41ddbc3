"""A study's folder as it is read: the protocol, questionnaires of its own, the plan of analysis, how people behave."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.core.problems import BadInput
from app.instruments.folders import folders_beside
from app.rehearsal.own.simulation import OwnSimulation, read_simulation
from app.studies.protocol import Protocol

PROTOCOL, INSTRUMENTS, ANALYSIS, SIMULATION = "protocol.yaml", "instruments", "analysis.yaml", "simulation.yaml"


@dataclass(frozen=True)
class StudyFolder:
    """What lies in the folder; all but the protocol may be absent."""

    protocol: Path
    instruments: Sequence[Path]
    analysis: Path | None
    simulation: OwnSimulation


def read_study_folder(folder: Path, participants: int | None = None) -> StudyFolder:
    """The folder's parts. BadInput where it holds no protocol; FileError lists what is wrong with the simulation."""
    protocol = folder / PROTOCOL
    if not protocol.is_file():
        raise BadInput(
            f"{folder} holds no {PROTOCOL}. A study's folder has that, and perhaps {INSTRUMENTS}/, {ANALYSIS} and "
            f"{SIMULATION}; `flask study new FOLDER` writes one."
        )
    simulation = read_simulation(folder / SIMULATION) if (folder / SIMULATION).is_file() else OwnSimulation()
    if participants:
        simulation = replace(simulation, participants=participants)
    analysis = folder / ANALYSIS
    return StudyFolder(protocol, folders_beside(protocol), analysis if analysis.is_file() else None, simulation)


def check_events(simulation: OwnSimulation, plan: Protocol) -> None:
    """BadInput where the simulation names an event that the protocol does not have."""
    for kind in simulation.events:
        if kind not in plan.events:
            raise BadInput(f"{SIMULATION} names the event {kind}; the protocol has {', '.join(plan.events)}.")


def check_effects(simulation: OwnSimulation, arms: Sequence[str]) -> None:
    """BadInput where the simulation moves an arm that the plan of analysis does not have."""
    for label in simulation.effects:
        if label not in arms:
            there = f"has {', '.join(arms)}" if arms else "names no arms"
            raise BadInput(f"{SIMULATION} gives an effect to {label}; the plan of analysis {there}.")
