"""Every table holds rows of studies, or of the house: none is forgotten when a study goes."""

import pytest
from flask import Flask
from sqlalchemy import Table, select

from app.core.database import Base
from app.ending import belonging


def _reaches(table: Table, goal: str) -> bool:
    """Whether any way of keys leads from a table to another, through whatever lies between."""
    return table.name == goal or any(
        _reaches(key.column.table, goal) for key in table.foreign_keys if key.column.table is not table
    )


def test_each_table_is_of_studies_or_of_the_house(app: Flask) -> None:
    names = {table.name for table in Base.metadata.sorted_tables}
    of_studies = {table.name for table in belonging.tables()}
    assert of_studies | belonging.HOUSE >= names
    assert not of_studies & belonging.HOUSE
    assert {table.name for table in Base.metadata.sorted_tables if _reaches(table, "studies")} == of_studies


def test_rows_go_before_those_that_they_point_to(app: Flask) -> None:
    order = [table.name for table in belonging.tables()]
    backwards = [
        (table.name, above.name)
        for table in belonging.tables()
        for _, above in belonging.parents(table)
        if order.index(table.name) > order.index(above.name)
    ]
    assert backwards == []
    assert order[-1] == "studies"


@pytest.mark.parametrize(
    ("name", "ways"),
    [
        ("answers", ["response_id"]),
        ("messages", ["study_id"]),
        ("replies", ["assessment_id", "participant_id", "task_id"]),
        ("receipts", ["message_id"]),
        ("sites", ["study_id"]),
        ("wordings", ["study_id"]),
        ("contacts", ["participant_id"]),
    ],
)
def test_a_row_is_found_by_the_keys_that_lead_to_its_study(app: Flask, name: str, ways: list[str]) -> None:
    table = next(table for table in belonging.tables() if table.name == name)
    assert [column.name for column, _ in belonging.parents(table)] == ways
    assert "study_id" in str(select(table).where(belonging.of_study(table, 1)))


def test_what_is_a_persons_is_all_that_points_to_her(app: Flask) -> None:
    names = {table.name for table in belonging.tables_of_people()}
    assert {"participants", "contacts", "answers", "receipts", "staff_notes", "disclosures", "departures"} <= names
    assert not {"studies", "sites", "protocols", "snapshots", "strangers"} & names
