"""What would change the answer is told with its questions: an answer alone does not say what was asked."""

from __future__ import annotations

import pytest

from assistant import change_words
from assistant.advice.recommendation import DoubleFlip, Flip
from assistant.project import Project

PHOTOS = Project(task="image_classification")
ROWS = {"field": "dataset_rows", "from": 1_000, "to": 100_000}
PHONE = {"field": "deployment", "from": None, "to": "mobile"}


def test_a_flip_names_its_question_both_answers_and_the_winner() -> None:
    told = change_words.flip_line(Flip.model_validate({**PHONE, "winner": "keras"}), PHOTOS)
    assert told.startswith('"Where will the trained model run?" ')
    assert told.endswith(" instead of not sure: Keras")


@pytest.mark.parametrize(("project", "counted"), [(PHOTOS, "photos"), (Project(), "examples")])
def test_of_two_changes_each_is_told_with_its_question_as_it_was_put(project: Project, counted: str) -> None:
    double = DoubleFlip.model_validate({"changes": (ROWS, PHONE), "winner": "jax"})
    told = change_words.flip_line(double, project)
    assert told.startswith(f'"How many {counted} do you have?" 100,000 instead of 1,000 and "Where will')
    assert told.endswith(" instead of not sure: JAX")
