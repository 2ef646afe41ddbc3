"""Each cut-off of each score, at it, below and above, with the paper that gives it."""

from decimal import Decimal

import pytest

from app.instruments import instrument, score

STEP = Decimal("0.000001")
"""The finest difference between two scores (they have six decimals)."""

HOPKINS = [
    # the list, its cut-off; HSCL-25: 1.75; HSCL-10: 1.85, Strand and others, Nord J Psychiatry 2003;57:113-118
    ("hscl25", Decimal("1.75")),
    ("hscl10", Decimal("1.85")),
]


def band(code: str, value: Decimal) -> str:
    """The name that the definition gives to a value of its principal score."""
    scoring = instrument(code).scores[0].scoring
    assert scoring is not None
    return next(each.name for each in scoring.bands if each.fits(value))


@pytest.mark.parametrize(("name", "published"), HOPKINS)
def test_a_case_begins_at_the_published_mean(name: str, published: Decimal) -> None:
    for mean, category in ((published - STEP, "not_case"), (published, "case"), (published + STEP, "case")):
        assert band(name, mean) == category
    assert score(name, {})[0].category is None


SUMS = [
    # the list, how many are answered, their sum, the mean, whether it is a case
    ("hscl25", 25, 25, "1", "not_case"),
    ("hscl25", 25, 43, "1.72", "not_case"),
    ("hscl25", 25, 44, "1.76", "case"),
    ("hscl25", 25, 100, "4", "case"),
    ("hscl25", 24, 41, "1.708333", "not_case"),
    ("hscl25", 24, 42, "1.75", "case"),
    ("hscl25", 20, 34, "1.7", "not_case"),
    ("hscl25", 20, 35, "1.75", "case"),
    ("hscl25", 20, 36, "1.8", "case"),
    ("hscl25", 22, 38, "1.727273", "not_case"),
    ("hscl25", 22, 39, "1.772727", "case"),
    ("hscl10", 10, 18, "1.8", "not_case"),
    ("hscl10", 10, 19, "1.9", "case"),
    ("hscl10", 9, 16, "1.777778", "not_case"),
    ("hscl10", 9, 17, "1.888889", "case"),
    ("hscl10", 8, 14, "1.75", "not_case"),
    ("hscl10", 8, 15, "1.875", "case"),
]


@pytest.mark.parametrize(("code", "answered", "points", "mean", "category"), SUMS)
def test_a_checklist_calls_a_case_by_the_mean_of_what_is_answered(
    code: str, answered: int, points: int, mean: str, category: str
) -> None:
    items = [item.code for item in instrument(code).items][:answered]
    more, rest = divmod(points - answered, answered)
    answers = {item: 1 + more + (place < rest) for place, item in enumerate(items)}
    got = score(code, answers)[0]
    assert (got.value, got.category) == (Decimal(mean), category)


def test_only_the_whole_checklist_is_called_a_case() -> None:
    answers = dict.fromkeys((item.code for item in instrument("hscl25").items), 4)
    assert [each.category for each in score("hscl25", answers)] == ["case", None, None]


BANDS = [
    # the bound up to which a band reaches, its name, that above it: Fairbank and Pynsent, Spine 2000;25:2940-2952
    (20, "minimal", "moderate"),
    (40, "moderate", "severe"),
    (60, "severe", "crippled"),
    (80, "crippled", "bed_bound"),
]


@pytest.mark.parametrize(("bound", "name", "next_name"), BANDS)
def test_a_band_of_the_oswestry_index_reaches_up_to_its_bound(bound: int, name: str, next_name: str) -> None:
    assert band("odi", bound - STEP) == name
    assert band("odi", Decimal(bound)) == name
    assert band("odi", bound + STEP) == next_name


SECTIONS = [
    # sections answered, their sum, the index, its band
    (10, 0, "0", "minimal"),
    (10, 10, "20", "minimal"),
    (10, 11, "22", "moderate"),
    (9, 9, "20", "minimal"),
    (9, 10, "22.222222", "moderate"),
    (10, 20, "40", "moderate"),
    (10, 21, "42", "severe"),
    (10, 30, "60", "severe"),
    (10, 31, "62", "crippled"),
    (10, 40, "80", "crippled"),
    (10, 41, "82", "bed_bound"),
    (8, 32, "80", "crippled"),
    (8, 33, "82.5", "bed_bound"),
    (10, 50, "100", "bed_bound"),
]


@pytest.mark.parametrize(("answered", "points", "percent", "band"), SECTIONS)
def test_the_oswestry_index_has_its_band(answered: int, points: int, percent: str, band: str) -> None:
    more, rest = divmod(points, answered)
    sections = [item.code for item in instrument("odi").items][:answered]
    answers = {section: more + (place < rest) for place, section in enumerate(sections)}
    index, total = score("odi", answers)
    assert (index.value, index.category) == (Decimal(percent), band)
    assert (total.value, total.category) == (Decimal(points), None)


def keele(total: int, psychosocial: int) -> str:
    """The rule as Keele's form prints it: high for a subscore of 4 or more; else low for a total of 3 or less."""
    if psychosocial >= 4:
        return "high"
    return "low" if total <= 3 else "medium"


PHYSICAL = ("leg_pain", "shoulder_neck_pain", "walking", "dressing")
PSYCHOSOCIAL = ("unsafe", "worry", "terrible", "no_enjoyment")


@pytest.mark.parametrize("physical", range(5))
@pytest.mark.parametrize("psychosocial", range(6))
def test_the_risk_group_of_every_pair_of_scores(physical: int, psychosocial: int) -> None:
    answers = {item: int(place < physical) for place, item in enumerate(PHYSICAL)}
    answers |= {item: int(place < psychosocial) for place, item in enumerate(PSYCHOSOCIAL)}
    answers["bothersome"] = 3 if psychosocial == 5 else 2
    total, subscore = score("startback", answers)
    assert (total.value, subscore.value) == (Decimal(physical + psychosocial), Decimal(psychosocial))
    assert total.category == keele(physical + psychosocial, psychosocial)


RISK = [
    # physical items ticked, psychosocial items ticked, how bothersome; the total, the subscore, the group
    (0, 0, 0, 0, 0, "low"),
    (3, 0, 2, 3, 0, "low"),
    (3, 0, 3, 4, 1, "medium"),
    (4, 0, 0, 4, 0, "medium"),
    (0, 3, 2, 3, 3, "low"),
    (0, 3, 3, 4, 4, "high"),
    (4, 3, 2, 7, 3, "medium"),
    (4, 3, 4, 8, 4, "high"),
    (4, 4, 4, 9, 5, "high"),
    (0, 4, 0, 4, 4, "high"),
]


@pytest.mark.parametrize(("physical", "psychosocial", "bothersome", "total", "subscore", "group"), RISK)
def test_start_back_counts_what_bothers_very_much(
    physical: int, psychosocial: int, bothersome: int, total: int, subscore: int, group: str
) -> None:
    items = [item.code for item in instrument("startback").items]
    answers = {item: int(place < physical) for place, item in enumerate(items[:4])}
    answers |= {item: int(place < psychosocial) for place, item in enumerate(items[4:8])}
    whole, part = score("startback", {**answers, "bothersome": bothersome})
    assert (whole.value, whole.category) == (Decimal(total), group)
    assert (part.value, part.category) == (Decimal(subscore), None)


STATEMENTS = [
    # statements ticked, explicitly not ticked, "none of these" (None: not answered); the score (Roland and Morris 1983)
    (0, 0, None, None, "not_answered", 0),
    (0, 0, 0, None, "not_answered", 0),
    (0, 0, 1, 0, None, 24),
    (0, 1, None, None, "incomplete", 1),
    (0, 23, None, None, "incomplete", 23),
    (0, 24, None, 0, None, 24),
    (1, 0, None, 1, None, 24),
    (1, 23, None, 1, None, 24),
    (23, 0, 0, 23, None, 24),
    (24, 0, None, 24, None, 24),
]


@pytest.mark.parametrize(("ticked", "unticked", "none", "value", "reason", "n_answered"), STATEMENTS)
def test_nothing_ticked_is_a_zero_only_where_it_is_said(
    ticked: int, unticked: int, none: int | None, value: int | None, reason: str | None, n_answered: int
) -> None:
    names = [f"rmdq{number:02d}" for number in range(1, 25)]
    answers = {**dict.fromkeys(names[:ticked], 1), **dict.fromkeys(names[ticked : ticked + unticked], 0)}
    (got,) = score("rmdq", answers if none is None else {**answers, "none": none})
    assert (got.value, got.reason, got.n_answered) == (value, reason, n_answered)
