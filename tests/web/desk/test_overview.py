"""Figures with their denominators, as a picture and as the table behind it."""

from datetime import date

from flask import Flask

from app.accounts.roles import Role
from tests.factories import (
    Browser,
    oslo,
    submitted,
    user,
    visit,
)
from tests.web.desk.desks import DESK, Desk


def test_an_empty_study_says_what_to_do(desk: Desk) -> None:
    assert "Nothing is planned yet" in desk.page("compliance/")
    assert "Nobody needs a call just now" in desk.page("today/")


def test_the_picture_shows_each_share_and_the_table_its_counts(desk: Desk) -> None:
    first, second = desk.someone(), desk.someone()
    desk.someone("02")
    submitted(visit(first, "d7"), oslo(date(2026, 1, 9)))
    submitted(visit(second, "d14"), oslo(date(2026, 1, 16)))
    page = desk.page("compliance/")
    assert "d7, 01: 1 of 2 expected are answered" in page
    assert "d7, 02: 0 of 1 expected are answered" in page
    assert "d7, all: 1 of 3 expected are answered" in page
    assert "d278, 01: nothing was due yet" in page
    row = page.split("<th>d7</th>")[1].split("</tr>")[0]
    assert [int(part.split("<")[0]) for part in row.split('class="n">')[1:9]] == [3, 1, 0, 0, 2, 0, 0, 0]
    assert "1 of 3" in row


def test_a_site_of_ones_own_needs_no_row_of_sums(app: Flask, desk: Desk) -> None:
    desk.someone("02")
    coordinator = user(desk.protocol.study, Role.COORDINATOR, "02")
    desk.session.commit()
    page = Browser(app, coordinator).get(f"{DESK}compliance/").text
    assert "d7, 02: 0 of 1" in page
    assert "d7, all" not in page
