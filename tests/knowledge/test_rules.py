"""The rules, applied: who is excluded, who is rated how, what is asked; and that each rests on evidence."""

from __future__ import annotations

from itertools import product

import pytest

from knowledge.load import load
from knowledge.vocabulary import CRITERIA, FIELDS, FRAMEWORK_IDS, RATED_CRITERIA

KNOWLEDGE = load()


def usable(**answers: object) -> set[str]:
    return {candidate for candidate in KNOWLEDGE.modes if not KNOWLEDGE.exclusions(candidate, answers)}


def level(criterion: str, candidate: str, **answers: object) -> int:
    return KNOWLEDGE.rating(criterion, candidate, answers).level


def test_nothing_is_excluded_while_nothing_is_known():
    assert usable() == set(KNOWLEDGE.modes)


@pytest.mark.parametrize(
    ("answers", "left"),
    [
        ({"operating_system": "windows", "accelerator": "nvidia"}, {"pytorch", "keras", "scikit-learn"}),
        ({"accelerator": "apple"}, {"pytorch", "keras", "scikit-learn"}),
        ({"accelerator": "intel"}, {"pytorch", "keras", "jax", "scikit-learn"}),
        ({"python": "3.14"}, {"pytorch", "keras", "jax", "scikit-learn"}),
        ({"operating_system": "windows", "accelerator": "amd"}, {"pytorch", "keras", "scikit-learn"}),
        ({"operating_system": "linux", "accelerator": "amd"}, set(FRAMEWORK_IDS)),
        ({"task": "image_classification"}, {"pytorch", "tensorflow", "keras", "jax"}),
        ({"pretrained": "yes"}, {"pytorch", "tensorflow", "keras", "jax"}),
        ({"customization": "custom_layers"}, {"pytorch", "tensorflow", "keras", "jax"}),
        ({"task": "tabular_regression"}, set(FRAMEWORK_IDS)),
    ],
)
def test_what_cannot_work_is_excluded(answers, left):
    assert {KNOWLEDGE.framework_of[candidate] for candidate in usable(**answers)} == left


def test_keras_keeps_the_backend_that_works():
    keras = {"keras-tensorflow", "keras-jax", "keras-torch"}
    assert usable(operating_system="windows", accelerator="nvidia") & keras == {"keras-torch"}
    assert usable(accelerator="tpu") & keras == {"keras-tensorflow", "keras-jax"}
    assert usable(deployment="mobile") & keras == {"keras-tensorflow", "keras-torch"}
    assert usable(python="3.15") & keras == {"keras-jax", "keras-torch"}
    assert usable(operating_system="windows", accelerator="amd") & keras == {"keras-torch"}


def test_every_candidate_is_rated_for_every_pair_of_answers_to_two_questions():
    choices = {field: definition.values for field, definition in FIELDS.items() if definition.values}
    for first, second in (("existing_code", "knows"), ("accelerator", "operating_system"), ("task", "deployment")):
        for one, other in product(choices[first], choices[second]):
            answers = {first: one, second: (other,) if second == "knows" else other}
            for criterion, candidate in product(RATED_CRITERIA, KNOWLEDGE.modes):
                assert 1 <= level(criterion, candidate, **answers) <= 5


@pytest.mark.parametrize(
    ("criterion", "answers", "better", "worse"),
    [
        ("ease_of_learning", {"experience": "beginner"}, "keras-torch", "pytorch-eager"),
        ("ease_of_learning", {"experience": "beginner"}, "pytorch-eager", "jax-jit"),
        ("ease_of_learning", {"existing_code": "tensorflow"}, "tensorflow-graph", "keras-tensorflow"),
        ("ease_of_learning", {"existing_code": "tensorflow"}, "keras-tensorflow", "keras-jax"),
        ("ease_of_learning", {"existing_code": "tensorflow"}, "keras-jax", "pytorch-eager"),
        ("ease_of_learning", {"existing_code": "jax", "knows": ("pytorch",)}, "jax-jit", "pytorch-eager"),
        ("ease_of_learning", {"knows": ("jax",)}, "jax-jit", "pytorch-eager"),
        ("debugging", {}, "pytorch-eager", "keras-tensorflow"),
        ("debugging", {}, "keras-torch", "keras-jax"),
        ("flexibility", {"customization": "custom_training_loop"}, "pytorch-eager", "keras-torch"),
        ("flexibility", {"customization": "custom_training_loop"}, "keras-torch", "keras-jax"),
        ("pretrained_models", {"task": "text_generation"}, "pytorch-eager", "keras-torch"),
        ("pretrained_models", {"task": "image_classification"}, "keras-torch", "tensorflow-graph"),
        ("deployment_fit", {"deployment": "mobile"}, "keras-tensorflow", "pytorch-eager"),
        ("deployment_fit", {"deployment": "microcontroller"}, "tensorflow-graph", "pytorch-eager"),
        ("deployment_fit", {"deployment": "browser"}, "pytorch-eager", "jax-jit"),
        ("scaling", {"accelerator": "tpu", "devices": "many_machines"}, "jax-jit", "pytorch-eager"),
        ("scaling", {"operating_system": "windows"}, "keras-tensorflow", "pytorch-eager"),
        ("platform_support", {"accelerator": "tpu"}, "jax-jit", "pytorch-eager"),
        ("platform_support", {"accelerator": "amd"}, "pytorch-eager", "tensorflow-graph"),
        ("longevity", {}, "pytorch-eager", "tensorflow-graph"),
    ],
)
def test_the_ratings_say_what_their_facts_say(criterion, answers, better, worse):
    assert level(criterion, better, **answers) > level(criterion, worse, **answers)


def test_a_refinement_overrides_the_general_rule_only_where_it_holds():
    assert KNOWLEDGE.rating("deployment_fit", "jax-jit", {"deployment": "browser"}).id == "deployment-jax-devices"
    assert KNOWLEDGE.rating("deployment_fit", "jax-jit", {"deployment": "server"}).id == "deployment-jax"
    assert KNOWLEDGE.rating("deployment_fit", "jax-jit", {}).id == "deployment-jax"


@pytest.mark.parametrize("candidate", KNOWLEDGE.modes)
def test_no_answer_about_the_platform_lifts_the_limit_of_another(candidate):
    """Which Python is used makes a GPU that hardly works work no better."""
    for accelerator, python in product(FIELDS["accelerator"].values, FIELDS["python"].values):
        alone = level("platform_support", candidate, accelerator=accelerator)
        assert level("platform_support", candidate, accelerator=accelerator, python=python) <= alone


def test_a_reason_that_cites_nothing_repeats_an_answer_about_the_framework_it_rates():
    uncited = [rule for rule in KNOWLEDGE.criteria if not rule.facts]
    assert uncited
    assert {rule.evidence for rule in uncited} == {"you"}
    assert all((rule.framework,) in rule.when.root.values() for rule in uncited)


def test_every_criterion_has_its_scale_in_the_order_of_the_vocabulary():
    assert tuple(KNOWLEDGE.scales) == CRITERIA


def test_pay_and_popularity_support_no_rule():
    cited = {fact for rule in (*KNOWLEDGE.eligibility, *KNOWLEDGE.criteria) for fact in rule.facts}
    assert not {KNOWLEDGE.fact(fact).dimension for fact in cited} & {"salary", "popularity", "community"}


def test_the_facts_that_count_are_those_that_rules_and_questions_name():
    assert {"tensorflow.intel", "jax.debugging"} <= KNOWLEDGE.counting_facts <= set(KNOWLEDGE.facts)
    assert not any(fact.endswith(".licence") for fact in KNOWLEDGE.counting_facts)


# What there must be a fact about for every framework, so that none is passed over in silence.
COVERED = {
    *("python", "platform", "accelerator", "install", "deployment", "distributed", "precision", "data", "models"),
    *("debugging", "releases", "licence", "deprecation"),
}


@pytest.mark.parametrize("framework", FRAMEWORK_IDS)
def test_every_framework_has_facts_of_every_kind(framework):
    its = {fact for fact, owner in KNOWLEDGE.framework_of_fact.items() if owner == framework}
    assert {KNOWLEDGE.fact(fact).dimension for fact in its} >= COVERED


def test_the_first_question_is_what_to_build():
    assert next(iter(KNOWLEDGE.questions)) == "task"
    assert KNOWLEDGE.question("task").text == "What do you want to build?"


def test_a_question_is_left_out_only_when_a_known_answer_rules_it_out():
    assert len(KNOWLEDGE.questions_for({})) == len(FIELDS)
    for_tables = {question.id for question in KNOWLEDGE.questions_for({"task": "tabular_regression"})}
    assert set(FIELDS) - for_tables == {"pretrained", "dataset_gb"}


@pytest.mark.parametrize(
    ("task", "unit"),
    [
        ("tabular_regression", "columns"),
        ("image_classification", "pixels"),
        ("text_generation", "tokens"),
        ("time_series_forecasting", "time steps"),
    ],
)
def test_the_size_of_an_example_is_asked_in_the_tasks_own_unit(task, unit):
    (variant,) = (each for each in KNOWLEDGE.question("input_size").variant if each.when.matches({"task": task}))
    assert variant.number.unit == unit
