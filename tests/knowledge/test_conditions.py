from __future__ import annotations

import pytest
from pydantic import ValidationError

from knowledge.conditions import Condition


def condition(**when: object) -> Condition:
    return Condition.model_validate(when)


@pytest.mark.parametrize(
    ("when", "answers", "expected"),
    [
        ({}, {}, True),
        ({"task": ["text_generation", "other"]}, {"task": "other"}, True),
        ({"task": ["text_generation"]}, {"task": "other"}, False),
        ({"task": ["text_generation"]}, {}, False),
        ({"task": ["text_generation"]}, {"task": None}, False),
        ({"dataset_rows": {"max": 100}}, {"dataset_rows": 100}, True),
        ({"dataset_rows": {"max": 100}}, {"dataset_rows": 101}, False),
        ({"dataset_gb": {"min": 0.5, "max": 2}}, {"dataset_gb": 0.4}, False),
        ({"dataset_gb": {"min": 0.5, "max": 2}}, {"dataset_gb": 2}, True),
        ({"knows": ["jax", "keras"]}, {"knows": ("pytorch", "keras")}, True),
        ({"knows": ["jax"]}, {"knows": ("pytorch", "keras")}, False),
        ({"knows": ["jax"]}, {"knows": ()}, False),
        ({"task": ["other"], "goal": ["learning"]}, {"task": "other", "goal": "product"}, False),
        ({"task": ["other"], "goal": ["learning"]}, {"task": "other", "goal": "learning"}, True),
    ],
)
def test_a_condition_matches_when_every_field_is_known_and_fits(when, answers, expected):
    assert condition(**when).matches(answers) is expected


def test_only_a_known_answer_rules_a_condition_out():
    wanted = condition(task=["other"], goal=["learning"])
    assert not wanted.ruled_out({})
    assert not wanted.ruled_out({"task": "other"})
    assert wanted.ruled_out({"goal": "product"})


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ({"tsk": ["other"]}, "got field 'tsk', expected one of task, dataset_rows"),
        ({"task": ["photos"]}, "got 'photos', expected one of tabular_classification"),
        ({"task": []}, "got an empty list, expected one of"),
        ({"task": {"min": 3}}, "expected a list of values"),
        ({"dataset_rows": ["100"]}, "expected {min, max}"),
        ({"dataset_rows": {}}, "expected min, max or both"),
        ({"dataset_rows": {"min": 5, "max": 3}}, "min 5 is above max 3"),
        ({"dataset_rows": {"atleast": 3}}, "Extra inputs are not permitted"),
    ],
)
def test_a_condition_outside_the_vocabulary_is_refused(when, message):
    with pytest.raises(ValidationError) as refused:
        condition(**when)
    assert message in str(refused.value)
