"""The rule of a score in words, for the export: what was done, and what is demanded of missing items."""

from app.instruments.scoring_language import OF_SCORES, Aggregate, Fill, Members, Scoring, Since

WORDS = {
    Aggregate.SUM: "sum",
    Aggregate.MEAN: "mean of the answered",
    Aggregate.HIGHEST: "highest answer",
    Aggregate.LOWEST: "lowest answer",
    Aggregate.ANSWER: "the answer itself",
}
SINCE = {Since.FIRST: "the first", Since.PREVIOUS: "the previous"}


def rule_of(scoring: Scoring, of: int, needed: int) -> str:
    """One line: "mean of the answered, times 20; at least 8 of 10 items needed"."""
    prepared = "; ".join(_prepared(scoring.members))
    made = ", ".join([_made(scoring) + (f" ({prepared})" if prepared else ""), *_finished(scoring)])
    wanting = _needed(scoring, of, needed)
    fill = {Fill.MEAN: "; the others count as the mean", Fill.ZERO: "; the others count as 0"}
    filled = fill[scoring.missing.fill] if scoring.missing.fill and needed < of else ""
    only = f"; only where {scoring.only.condition}" if scoring.only else ""
    return made + wanting + filled + only


def _made(scoring: Scoring) -> str:
    codes = scoring.members.codes
    match scoring.aggregate:
        case Aggregate.COUNT:
            return f"number of answers of {scoring.members.count_from} or more"
        case Aggregate.SUM_OF_SCORES:
            return f"sum of {', '.join(codes)}"
        case Aggregate.MEAN_OF_SCORES:
            return f"mean of {', '.join(codes)}"
        case Aggregate.CHANGE_OF:
            return f"{codes[0]} less {SINCE[scoring.since or Since.FIRST]} one"
        case aggregate:
            return WORDS[aggregate]


def _prepared(members: Members) -> list[str]:
    said = []
    if members.recode:
        said.append(f"recoded: {', '.join(item for item, _ in members.recode)}")
    if members.reverse:
        said.append(f"reversed: {', '.join(code for code in members.codes if code in members.reverse)}")
    if members.onto:
        said.append(f"each laid onto {members.onto.low} to {members.onto.high}")
    if members.weights:
        said.append("weighted")
    return said


def _finished(scoring: Scoring) -> list[str]:
    said = []
    if scoring.multiply != 1:
        said.append(f"times {scoring.multiply}")
    if scoring.add:
        said.append(f"plus {scoring.add}" if scoring.add > 0 else f"minus {-scoring.add}")
    if scoring.rescale:
        source, target = scoring.rescale.source, scoring.rescale.target
        said.append(f"{source.low} to {source.high} laid onto {target.low} to {target.high}")
    if scoring.whole:
        said.append("to the nearest whole number")
    if scoring.table:
        said.append("looked up in the table")
    return said


def _needed(scoring: Scoring, of: int, needed: int) -> str:
    if scoring.aggregate in (Aggregate.ANSWER, Aggregate.CHANGE_OF):
        return ""
    what = "scores" if scoring.aggregate in OF_SCORES else "items"
    return f"; all {of} {what} needed" if needed >= of else f"; at least {needed} of {of} {what} needed"
