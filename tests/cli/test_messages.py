"""What will go out is told for one study, or for every one."""

from flask import Flask
from sqlalchemy.orm import Session

from tests.messages.people import cohort


def test_what_goes_out_is_told_of_one_study_or_of_all(session: Session, app: Flask) -> None:
    study = cohort(1)[0].study.code
    session.commit()
    runner = app.test_cli_runner()
    of_all = runner.invoke(args=["messages", "upcoming", "--days", "7"])
    of_one = runner.invoke(args=["messages", "upcoming", study, "--days", "7"])
    assert of_all.exit_code == of_one.exit_code == 0
    assert of_all.output == of_one.output
    assert of_one.output.endswith("texts in 7 days.\n")
