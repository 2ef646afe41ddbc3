"""What a word without quotes is, by YAML 1.2.2, section 10.3.2 (core schema), and what we refuse of it."""

from decimal import Decimal

import pytest

from app.yaml_files.scalars import doubt, scalar

PLAIN: list[tuple[str, object]] = [
    # what is written, what it is
    ("NO", "NO"),
    ("no", "no"),
    ("No", "No"),
    ("yes", "yes"),
    ("Yes", "Yes"),
    ("y", "y"),
    ("n", "n"),
    ("on", "on"),
    ("On", "On"),
    ("off", "off"),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("tRUE", "tRUE"),
    ("false", False),
    ("False", False),
    ("FALSE", False),
    ("fAlse", "fAlse"),
    ("", None),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("nULL", "nULL"),
    ("None", "None"),
    ("0", 0),
    ("7", 7),
    ("-7", -7),
    ("+12", 12),
    ("-0", 0),
    ("10", 10),
    ("1_000", "1_000"),
    ("1 000", "1 000"),
    ("1,000", "1,000"),
    ("0o17", 15),
    ("0o8", "0o8"),
    ("0x1F", 31),
    ("0x1f", 31),
    ("0xG", "0xG"),
    ("0b11", "0b11"),
    ("-0x1F", "-0x1F"),
    ("1.5", Decimal("1.5")),
    ("0.1", Decimal("0.1")),
    ("-0.0", Decimal("-0.0")),
    (".5", Decimal("0.5")),
    ("-.5", Decimal("-0.5")),
    ("5.", Decimal(5)),
    (".", "."),
    ("1.2.3", "1.2.3"),
    ("1e5", Decimal("1e5")),
    ("12e03", Decimal("12e3")),
    ("1.5E-3", Decimal("0.0015")),
    ("1e", "1e"),
    ("e5", "e5"),
    (".inf", Decimal("Infinity")),
    ("+.Inf", Decimal("Infinity")),
    ("-.INF", Decimal("-Infinity")),
    ("inf", "inf"),
    ("nan", "nan"),
    ("20:00", "20:00"),
    ("190:20:30", "190:20:30"),
    ("2019-03-01", "2019-03-01"),
    ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
    ("<<", "<<"),
    ("=", "="),
    ("٣", "٣"),
    ("9" * 100, int("9" * 100)),
    ("1e300", Decimal("1e300")),
]


@pytest.mark.parametrize(("written", "meant"), PLAIN)
def test_a_word_means_what_yaml_1_2_says(written: str, meant: object) -> None:
    value = scalar(written)
    assert value == meant
    assert type(value) is type(meant)
    assert doubt(written) is None


@pytest.mark.parametrize("written", [".nan", ".NaN", ".NAN"])
def test_what_is_no_number_is_read_as_none(written: str) -> None:
    value = scalar(written)
    assert isinstance(value, Decimal)
    assert value.is_nan()


LEADING_ZEROS = [
    # what is written, the number that it may be
    ("056", "56"),
    ("01", "1"),
    ("00", "0"),
    ("000", "0"),
    ("08", "8"),
    ("0777", "777"),
    ("-007", "-7"),
    ("+012", "+12"),
    ("01.5", "1.5"),
    ("00.5", "0.5"),
    ("007e3", "7e3"),
    ("004740612345", "4740612345"),
]


@pytest.mark.parametrize(("written", "number"), LEADING_ZEROS)
def test_a_leading_zero_is_refused_with_both_ways_to_write_it(written: str, number: str) -> None:
    wrong = (f"`{written}` may be a number or a code", f'Write `{number}` for the number, `"{written}"` for the code')
    assert doubt(written) == wrong
    assert scalar(written) == written


@pytest.mark.parametrize("written", ["9" * 101, "9" * 5000, "0x" + "F" * 99, "1e301", "1e-301", "1e9999999999"])
def test_a_number_longer_than_any_here_is_refused_before_it_is_made(written: str) -> None:
    wrong = doubt(written)
    assert wrong is not None
    assert "longer than any number here" in wrong[0]
    assert scalar(written) == written
