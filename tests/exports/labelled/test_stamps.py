"""What the libraries write of the hour is the same at every hour, and nothing else is touched."""

from app.exports.labelled.stamps import without_sas_stamps, without_spss_stamp, without_stata_stamp


def test_day_and_hour_go_from_the_header_of_spss() -> None:
    made = b"$FL2".ljust(92, b"a") + b"26 Nov 2618:59:22" + b"label 26 Nov 2618:59:22"
    assert without_spss_stamp(made) == b"$FL2".ljust(92, b"a") + b"01 Jan 0000:00:00" + b"label 26 Nov 2618:59:22"


def test_day_and_hour_go_from_the_header_of_stata_once() -> None:
    stamp, cell = b"<timestamp>\x1126 Nov 2026 18:59</timestamp>", b"<timestamp>\x1127 Nov 2026 18:59</timestamp>"
    assert without_stata_stamp(b"head" + stamp + cell) == b"head<timestamp>\x1101 Jan 2000 00:00</timestamp>" + cell


def test_four_stamps_go_from_the_headers_of_sas_and_no_text_of_a_cell() -> None:
    stamp = b"26NOV26:18:59:22"
    made = stamp * 2 + b"MEMBER" + stamp * 2 + stamp
    assert without_sas_stamps(made) == b"01JAN00:00:00:00" * 2 + b"MEMBER" + b"01JAN00:00:00:00" * 2 + stamp
    far = b" " * 1024 + stamp
    assert without_sas_stamps(far) == far
