"""The parameters of the synthetic trial as frozen values; simulation_file reads and checks them."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

BEHAVIOURS = ("soon", "reminder_1", "reminder_2", "late", "partly", "never")


@dataclass(frozen=True)
class SimulatedSite:
    """One site: its share of the participants and how far its mean ODI is from the average."""

    code: str
    share: float
    effect: float


@dataclass(frozen=True)
class Arm:
    """One arm of the synthetic trial; change is the mean change of ODI since day 0, by study day."""

    label: str
    change: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Enrolment:
    """The first and the last day on which a participant can be enrolled."""

    first: date
    last: date


@dataclass(frozen=True)
class Severity:
    """The latent ODI: means, standard deviations, and the share who skip the section that may be skipped."""

    baseline_mean: float
    participant_sd: float
    residual_sd: float
    sex_life_skipped: float


@dataclass(frozen=True)
class ItemModel:
    """How the items of an instrument follow from the latent severity, on a scale from 0 to 1."""

    mean: float
    sd: float
    correlation: float
    driver: str
    spread_items: float


@dataclass(frozen=True)
class Delay:
    """A log-normal time: its median, the SD of its logarithm, and where it is cut."""

    median: float
    log_sd: float
    longest: float


@dataclass(frozen=True)
class Habits:
    """How people answer: shares of behaviours, how much people differ, and how long they take."""

    shares: dict[str, float]
    shares_at_baseline: dict[str, float]
    never_sd: float
    delay_hours: Delay


@dataclass(frozen=True)
class Happening:
    """Something that befalls a share of the people on one of the study days, for one of the reasons."""

    share: float
    first_day: int
    last_day: int
    reasons: tuple[str, ...] = ()
    longest_days: int = 1


@dataclass(frozen=True)
class Screening:
    """Days from enrolment to the planned infusion."""

    shortest: int
    longest: int


@dataclass(frozen=True)
class Moved:
    """The share of first infusions that are moved, and by how many days."""

    share: float
    days: tuple[int, ...]


@dataclass(frozen=True)
class NeverInfused:
    """How many are randomised and never infused, and why."""

    count: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Course:
    """What may happen to the people on the way."""

    screening_days: Screening
    moved_infusion: Moved
    never_infused: NeverInfused
    withdrawn: Happening
    treatment_stopped: Happening
    rescue_medication: Happening
    phone_out: Happening
    infusion_days: tuple[int, ...]


@dataclass(frozen=True)
class Parameters:
    """Everything from which the synthetic trial follows."""

    seed: int
    participants: int
    enrolment: Enrolment
    zone: ZoneInfo
    languages: dict[str, float]
    sites: tuple[SimulatedSite, ...]
    arms: tuple[Arm, ...]
    severity: Severity
    instruments: dict[str, ItemModel]
    behaviour: Habits
    course: Course
