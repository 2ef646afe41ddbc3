"""The visits of an export as a plan counts them: by study day, or by code where a day does not tell which visit it is.

Visits by months are due on days that differ from one participant to the next, and the days of a visit that follows
another event than day 0 are counted from that event. A plan names both by their codes, each under a day of its own.
"""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from app.analysis.errors import listed
from app.analysis.trial.plan import Plan
from app.analysis.trial.snapshot import Snapshot, SnapshotError

AS_EXPORTED = "day_exported"
"""The column that keeps the day of the export beside the day of the plan."""
OCCASION = r"([^.]*)\.?(.*)"
"""A visit's code, and the number of the event that it follows, of those that happen more than once."""
KEYS = ["participant", "visit"]


def placed(snapshot: Snapshot, plan: Plan) -> Snapshot:
    """The export with the days of the plan; a row that is no visit of the plan's own count has none.

    Placing it again by another plan begins from the export's days.
    """
    names = ("assessments", "scores", "answers")
    frames = {name: _with_exported(getattr(snapshot, name)) for name in names}
    table = visit_table(frames, snapshot)
    days = _days(table, plan)
    by_key = pd.Series(days.to_numpy(), pd.MultiIndex.from_frame(table[KEYS]))
    assessments, scores, answers = (_placed(frames[name], by_key) for name in names)
    return replace(snapshot, assessments=assessments, scores=scores, answers=answers)


def _with_exported(frame: pd.DataFrame) -> pd.DataFrame:
    return frame if AS_EXPORTED in frame else frame.assign(**{AS_EXPORTED: frame["day"]})


def _placed(frame: pd.DataFrame, by_key: "pd.Series[int]") -> pd.DataFrame:
    days = by_key.reindex(pd.MultiIndex.from_frame(frame[KEYS])).to_numpy()
    return frame.assign(day=pd.array(days, dtype="Int64"))


def visit_table(frames: Mapping[str, pd.DataFrame], snapshot: Snapshot) -> pd.DataFrame:
    """Every visit of everybody: its day of the export, its code without the event's number, and that number.

    `elsewhere` says that most visits of the code are counted from another date than the participant's day 0.
    """
    every = pd.concat([frame[[*KEYS, AS_EXPORTED]] for frame in frames.values()], ignore_index=True)
    table = every.drop_duplicates(KEYS).reset_index(drop=True)
    parts = table["visit"].astype("string").str.extract(OCCASION)
    table = table.assign(code=parts[0], number=pd.to_numeric(parts[1], errors="coerce"))
    assessments = frames["assessments"]
    if "anchor_on" not in assessments or "anchor_on" not in snapshot.participants:
        unknown = pd.Series(pd.NaT, table.index, dtype="datetime64[ns]")
        return table.assign(counted_from=unknown, elsewhere=False)
    dates = assessments.drop_duplicates(KEYS).set_index(KEYS)["anchor_on"]
    table["counted_from"] = dates.reindex(pd.MultiIndex.from_frame(table[KEYS])).to_numpy()
    began = table["participant"].map(snapshot.participants.set_index("participant")["anchor_on"])
    comparable = table["counted_from"].notna() & began.notna()
    differs = (table["counted_from"] != began).where(comparable).astype(float)
    return table.assign(elsewhere=differs.groupby(table["code"]).transform("mean").fillna(0.0) > 0.5)


def _days(table: pd.DataFrame, plan: Plan) -> "pd.Series[int]":
    """The plan's day of each visit; none for what is counted from another event and not named by the plan."""
    by_code = {code: day for day, code in plan.visit_codes.items()}
    exactly = table["visit"].map(by_code).astype("Int64")
    named = exactly.fillna(table["code"].map(by_code).astype("Int64"))
    apart = table["number"].notna() | (table["elsewhere"] & (table[AS_EXPORTED] != 0).fillna(False))
    by_day = table[AS_EXPORTED].astype("Int64").mask(apart | table[AS_EXPORTED].isin(plan.visit_codes))
    days = named.fillna(by_day)
    if plan.occasion == "mean":
        return days
    several = table.assign(day=days)[named.notna() & exactly.isna()]
    in_order = several.sort_values(["counted_from", "number"], kind="stable", na_position="first")
    others = in_order[in_order.duplicated(["participant", "day"], keep=plan.occasion)]
    return days.mask(days.index.isin(others.index))


def check_visits(snapshot: Snapshot, plan: Plan) -> None:
    """Refuse a plan whose days do not tell its visits; raises SnapshotError with what to write instead."""
    frames = {"assessments": _with_exported(snapshot.assessments)}
    table = visit_table(frames, snapshot)
    there = {*table["visit"], *table["code"]}
    if absent := [code for code in plan.visit_codes.values() if code not in there]:
        codes = listed(sorted(set(table["code"])), 40)
        raise SnapshotError(
            f"visit_codes of the plan names {listed(absent)}, which is no visit of the export; it has {codes}"
        )
    own = table[table["number"].isna() & ~table["elsewhere"]]
    for day in plan.days:
        if day in plan.visit_codes:
            continue
        for code in sorted(set(own.loc[own[AS_EXPORTED] == day, "code"])):
            days = sorted({int(due) for due in own.loc[own["code"] == code, AS_EXPORTED].dropna()})
            if code not in plan.visit_codes.values() and len(days) > 1:
                raise SnapshotError(
                    f"day {day} of the plan is one of the days {listed(days, 12)} on which visit {code} was due, as "
                    f"visits by months are; name the visit: visit_codes: {{{day}: {code}}}"
                )


def after_events(snapshot: Snapshot, plan: Plan) -> tuple[str, ...]:
    """The visits that the plan names and that are counted from another event than day 0: who had none has none."""
    frames = {"assessments": _with_exported(snapshot.assessments)}
    table = visit_table(frames, snapshot)
    apart = table[table["number"].notna() | (table["elsewhere"] & (table[AS_EXPORTED] != 0).fillna(False))]
    there = {*apart["visit"], *apart["code"]}
    return tuple(code for day, code in plan.visit_codes.items() if code in there and day in plan.days)
