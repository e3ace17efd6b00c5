"""The rules, applied: who is excluded, who is rated how, what is asked; and that each rests on evidence."""

from __future__ import annotations

import random
from itertools import product
from math import prod

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
        ({"task": "time_series_forecasting"}, set(FRAMEWORK_IDS)),
        ({"task": "other"}, set(FRAMEWORK_IDS)),
        ({"devices": "several"}, set(FRAMEWORK_IDS)),
        ({"devices": "many_machines"}, {"pytorch", "tensorflow", "keras", "jax"}),
        ({"operating_system": "windows", "devices": "several"}, {"pytorch", "keras", "scikit-learn"}),
        ({"operating_system": "windows", "accelerator": "tpu"}, {"scikit-learn"}),
        ({"operating_system": "linux", "accelerator": "apple"}, {"scikit-learn"}),
        ({"accelerator": "amd", "python": "3.11"}, {"pytorch", "keras", "jax", "scikit-learn"}),
        ({"accelerator": "amd", "python": "3.12"}, set(FRAMEWORK_IDS)),
        ({"accelerator": "tpu", "python": "3.15"}, {"keras", "jax", "scikit-learn"}),
    ],
)
def test_what_cannot_work_is_excluded(answers, left):
    assert {KNOWLEDGE.framework_of[candidate] for candidate in usable(**answers)} == left


def test_no_two_levels_of_a_criterion_have_the_same_reason():
    """A reason that names two frameworks would say the same of the better and of the worse one."""
    levels: dict[tuple[str, str], set[int]] = {}
    for rule in KNOWLEDGE.criteria:
        levels.setdefault((rule.criterion, rule.reason), set()).add(rule.level)
    assert all(len(found) == 1 for found in levels.values())


def test_keras_keeps_the_backend_that_works():
    keras = {"keras-tensorflow", "keras-jax", "keras-torch"}
    assert usable(operating_system="windows", accelerator="nvidia") & keras == {"keras-torch"}
    assert usable(accelerator="tpu") & keras == {"keras-tensorflow", "keras-jax"}
    assert usable(python="3.15") & keras == {"keras-jax", "keras-torch"}
    assert usable(operating_system="windows", accelerator="amd") & keras == {"keras-torch"}


@pytest.mark.parametrize("field", ["deployment", "existing_code"])
def test_what_only_takes_more_work_excludes_nothing(field):
    for value in FIELDS[field].values:
        assert usable(**{field: value}) == set(KNOWLEDGE.modes), value


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
        ("debugging", {}, "pytorch-eager", "scikit-learn"),
        ("flexibility", {"customization": "custom_training_loop"}, "pytorch-eager", "keras-torch"),
        ("flexibility", {"customization": "custom_training_loop"}, "keras-torch", "keras-jax"),
        ("pretrained_models", {"task": "text_generation"}, "pytorch-eager", "keras-torch"),
        ("pretrained_models", {"task": "image_classification"}, "keras-torch", "tensorflow-graph"),
        ("deployment_fit", {"deployment": "mobile"}, "keras-tensorflow", "pytorch-eager"),
        ("deployment_fit", {"deployment": "microcontroller"}, "tensorflow-graph", "pytorch-eager"),
        ("deployment_fit", {"deployment": "mobile"}, "keras-tensorflow", "keras-jax"),
        ("deployment_fit", {"deployment": "mobile"}, "keras-jax", "jax-jit"),
        ("deployment_fit", {"deployment": "browser"}, "pytorch-eager", "jax-jit"),
        ("deployment_fit", {"deployment": "server"}, "tensorflow-graph", "pytorch-eager"),
        ("deployment_fit", {"deployment": "server", "task": "text_generation"}, "pytorch-eager", "tensorflow-graph"),
        ("scaling", {"accelerator": "tpu", "devices": "many_machines"}, "jax-jit", "pytorch-eager"),
        ("scaling", {"operating_system": "windows"}, "pytorch-eager", "keras-tensorflow"),
        ("scaling", {"operating_system": "windows"}, "pytorch-eager", "jax-jit"),
        ("platform_support", {"accelerator": "tpu"}, "jax-jit", "pytorch-eager"),
        ("platform_support", {"accelerator": "amd"}, "pytorch-eager", "tensorflow-graph"),
        ("platform_support", {"operating_system": "windows"}, "pytorch-eager", "pytorch-compile"),
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


def test_a_rule_on_more_of_the_platform_refines_one_on_less():
    rating = KNOWLEDGE.rating("platform_support", "pytorch-eager", {"accelerator": "amd"})
    refined = KNOWLEDGE.rating(
        "platform_support", "pytorch-eager", {"accelerator": "amd", "operating_system": "windows"}
    )
    assert (rating.id, refined.id) == ("platform-pytorch-amd", "platform-pytorch-amd-windows")


def test_to_know_a_framework_makes_none_harder():
    for experience, code, known in product(
        FIELDS["experience"].values, FIELDS["existing_code"].values, FIELDS["knows"].values
    ):
        answers = {"experience": experience, "existing_code": code}
        for candidate in KNOWLEDGE.modes:
            before = level("ease_of_learning", candidate, **answers)
            after = level("ease_of_learning", candidate, **answers, knows=(known,))
            assert after >= before, (candidate, known, answers)


def test_whoever_left_python_3_10_is_rated_alike_there():
    left = ("pytorch-eager", "keras-tensorflow", "jax-jit", "scikit-learn")
    assert {level("platform_support", candidate, python="3.10") for candidate in left} == {3}
    assert level("platform_support", "tensorflow-graph", python="3.10") == 5


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


def importance(answers: dict[str, object]) -> dict[str, float]:
    holding = [rule for rule in KNOWLEDGE.weights if rule.when.matches(answers)]
    return {criterion: prod(rule.factor for rule in holding if rule.criterion == criterion) for criterion in CRITERIA}


def share(criterion: str, answers: dict[str, object]) -> float:
    """Of the weights; 0 for answers that no machine gives together."""
    if any(impossible.when.matches(answers) for impossible in KNOWLEDGE.impossible):
        return 0.0
    weights = importance(answers)
    return weights[criterion] / sum(weights.values())


def choices(field: str) -> list[object]:
    """What may be answered; of numbers, those at which a weight changes, and a large one."""
    conditions = [rule.when.root[field] for rule in KNOWLEDGE.weights if field in rule.when.root]
    if FIELDS[field].numeric:
        return [None, 10**9, *(end for each in conditions for end in (each.min, each.max) if end is not None)]
    values = FIELDS[field].values
    return [None, *([(value,) for value in values] if field == "knows" else values)]


@pytest.mark.parametrize("criterion", CRITERIA)
def test_no_answers_give_one_criterion_more_than_half_of_the_weight(criterion):
    """From a few starts one answer after another is changed while that raises the criterion's share."""
    fields = sorted({field for rule in KNOWLEDGE.weights for field in rule.when.fields})
    for seed in range(3):
        order = random.Random(seed)
        answers = {field: order.choice(choices(field)) for field in fields}
        highest, reached = -1.0, share(criterion, answers)
        while reached > highest:
            highest = reached
            for field in fields:
                answers = max(
                    ({**answers, field: value} for value in choices(field)), key=lambda each: share(criterion, each)
                )
            reached = share(criterion, answers)
        assert highest <= 0.5, answers


def test_few_examples_make_speed_matter_less_for_tables_alone():
    few = {"dataset_rows": 10_000}
    assert importance({**few, "task": "tabular_regression"})["training_speed"] < 1
    assert importance({**few, "task": "image_classification"})["training_speed"] == 1
    assert importance(few)["training_speed"] == 1


@pytest.mark.parametrize("pretrained", [None, "no", "yes"])
def test_for_few_texts_something_simpler_is_named_first(pretrained):
    answers = {"task": "text_classification", "dataset_rows": 5_000, "pretrained": pretrained}
    assert any(rule.when.matches(answers) for rule in KNOWLEDGE.simpler_first)
    assert not any(rule.when.matches({**answers, "dataset_rows": 500_000}) for rule in KNOWLEDGE.simpler_first)


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
