"""Networks with a name: for which tasks they are, and that all that follows from an answer speaks of them."""

from __future__ import annotations

from datetime import date

import pytest
from test_starter import VERSIONS, readme

from assistant import wording
from assistant.advice.recommend import recommend
from assistant.networks import network_name, networks_for
from assistant.project import Project
from assistant.record import markdown
from assistant.record.content import decision_record
from assistant.starter.generate import starter_zip
from probes.workloads import NAMED, REFERENCE, find_workload
from tests.assistant.recorded import rungs

RESNET = Project(task="image_classification", dataset_rows=50_000, model_scale="resnet-18")


@pytest.mark.parametrize(
    ("task", "networks"),
    [
        ("text_classification", {"bert-mini", "bert-base"}),
        ("text_generation", {"gpt-small"}),
        ("time_series_forecasting", {"lstm-forecaster", "gru-forecaster"}),
        ("sequence_classification", {"lstm-classifier", "gru-classifier"}),
        ("tabular_regression", set()),
        ("other", set(NAMED)),
        (None, set(NAMED)),
    ],
)
def test_a_task_has_the_networks_that_read_and_predict_what_it_does(task, networks) -> None:
    assert {each for each in networks_for(task) if each in NAMED} == networks


def test_a_photo_may_be_classified_by_convolutions_or_by_a_transformer() -> None:
    assert {"resnet-18", "mobilenet-v2", "vgg-16", "vit-tiny"} < set(networks_for("image_classification"))


def test_names_are_written_as_their_papers_write_them() -> None:
    names = [
        network_name(each) for each in ("resnet-18", "vit-tiny", "bert-base", "vgg-16", "mlp-mnist", "cnn-small")
    ]
    assert names == ["ResNet-18", "ViT-tiny", "BERT-base", "VGG-16", "MLP-MNIST", "cnn-small"]
    assert wording.answer_label("model_scale", "resnet-18") == "ResNet-18"
    assert wording.network(find_workload("resnet-18")).startswith("ResNet-18, 224 \u00d7 224")


def test_every_network_with_a_name_is_a_workload() -> None:
    assert set(NAMED) < set(REFERENCE)


def test_the_record_and_the_starter_speak_of_the_network_that_was_named() -> None:
    report = rungs("cnn")
    advice = recommend(RESNET, report)
    assert advice.workload == "resnet-18"
    record = markdown.render(
        decision_record(RESNET, advice, report, machine=report.machine, made_on=date(2026, 11, 25))
    )
    assert "**ResNet-18**" in record
    assert "ResNet-18, 224 \u00d7 224" in record
    framework = next(row.framework for row in advice.ranking if row.framework != "scikit-learn")
    made = starter_zip(RESNET, advice, framework=framework, versions=VERSIONS, report=report)
    assert "This is for ResNet-18; the model in model.py is smaller" in readme(made)
