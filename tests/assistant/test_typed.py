from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.conversation.interview import Interview, OpenQuestion
from assistant.conversation.typed import read_answer
from assistant.errors import InvalidInput
from assistant.language import use_language
from knowledge.load import load
from probes.workloads import REFERENCE


def question(field: str, task: str = "image_classification") -> OpenQuestion:
    opened = Interview(load()).answer("task", task).revisit(field).open_question
    assert opened is not None
    assert opened.id == field
    return opened


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("50000", 50_000),
        ("50,000", 50_000),
        ("50 000", 50_000),
        ("50'000", 50_000),
        ("50_000", 50_000),
        ("50k", 50_000),
        ("50 K photos", 50_000),
        ("1.5 million", 1_500_000),
        ("1,5 million", 1_500_000),
        ("2M", 2_000_000),
        ("1e6", 1_000_000),
        ("~ 300", 300),
        ("1,234,567", 1_234_567),
        ("about 300", 300),
        ("5万", 50_000),
        ("大约 1.5 万张照片", 15_000),
        ("3 亿", 300_000_000),
        ("5千行", 5_000),
        ("2百万", 2_000_000),
        ("\uff15\uff10\uff0c\uff10\uff10\uff10", 50_000),
    ],
)
def test_numbers_in_any_usual_notation(text, rows) -> None:
    assert read_answer(question("dataset_rows"), text) == rows


@pytest.mark.parametrize(("text", "gigabytes"), [("10", 10), ("1.5 GB", 1.5), ("500 MB", 0.5), ("2tb", 2000)])
def test_sizes_with_their_unit(text, gigabytes) -> None:
    assert read_answer(question("dataset_gb"), text) == pytest.approx(gigabytes)


@pytest.mark.parametrize(
    "text",
    [
        "fifty thousand",
        "",
        "many",
        "-5",
        "0",
        "1,23,4",
        "1e30",
        "5.000.000",
        "50-60k",
        "50 to 60",
        "500 MB",
        "5万到6万",
        "5万3千",
        "三万",
    ],
)
def test_what_is_no_number_in_range_is_answered_with_a_sentence(text) -> None:
    with pytest.raises(InvalidInput, match=r"\.$"):
        read_answer(question("dataset_rows"), text)


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("goal", "research", "research"),
        ("goal", "To learn", "learning"),
        ("goal", "a product", "product"),
        ("task", "time series", "time_series_forecasting"),
        ("task", "tabular_regression", "tabular_regression"),
        ("model_scale", "LARGE", "large"),
        ("deployment", "phone", "mobile"),
        ("knows", "PyTorch and JAX", ("pytorch", "jax")),
        ("knows", "none", ()),
        ("python", "3.12", "3.12"),
    ],
)
def test_words_of_an_option_choose_it(field, text, value) -> None:
    assert read_answer(question(field), text) == value


@pytest.mark.parametrize(
    ("task", "text", "network"),
    [
        ("image_classification", "ResNet-18", "resnet-18"),
        ("image_classification", "resnet 18", "resnet-18"),
        ("image_classification", "a ResNet50, I think", "resnet-50"),
        ("image_classification", "MobileNet V2", "mobilenet-v2"),
        ("image_classification", "vgg", "vgg-16"),
        ("object_detection", "resnet_34", "resnet-34"),
        ("text_classification", "bert base", "bert-base"),
        ("text_classification", "BERT-base-uncased", "bert-base"),
        ("text_generation", "GPT small", "gpt-small"),
        ("sequence_classification", "GRU", "gru-classifier"),
        ("image_classification", "cnn-small", "cnn-small"),
        ("other", "resnet-18", "resnet-18"),
    ],
)
def test_a_known_network_may_be_named_instead_of_a_size(task, text, network) -> None:
    assert read_answer(question("model_scale", task), text) == network


def test_every_reference_workload_may_be_typed_by_its_id() -> None:
    asked = question("model_scale", "other")
    assert {read_answer(asked, workload_id) for workload_id in REFERENCE} == set(REFERENCE)


@pytest.mark.parametrize(
    ("task", "text", "said"),
    [
        ("image_classification", "ResNet", "That could be ResNet-18, ResNet-34 or ResNet-50"),
        ("image_classification", "resnet-18 or resnet-50", "ResNet-18 or ResNet-50. Which one"),
        ("image_classification", "ResNet-101", "The nearest: ResNet-18, ResNet-34 and ResNet-50"),
        ("image_classification", "resent 18", "The nearest: ResNet-18"),
        ("text_classification", "brt base", "The nearest: BERT-base"),
        ("text_classification", "ResNet-18", "ResNet-18 is not for this task. For it I know BERT-mini and BERT-base"),
        ("tabular_regression", "ResNet-18", r"ResNet-18 is not for this task\.$"),
        ("image_classification", "18", "I could not match that"),
        ("image_classification", "the weather is fine today", "I could not match that"),
    ],
)
def test_a_network_that_is_not_known_for_the_task_gets_the_nearest_ones(task, text, said) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_answer(question("model_scale", task), text)


@pytest.mark.parametrize("text", ["Not sure", "not sure.", "I do not know", "skip"])
@pytest.mark.parametrize("field", ["goal", "dataset_rows", "knows"])
def test_not_knowing_is_an_answer(field, text) -> None:
    assert read_answer(question(field), text) is None


def test_words_that_fit_several_options_are_asked_back() -> None:
    with pytest.raises(InvalidInput, match=r"Photos: tell what is in them.* or .*Photos: find where things are"):
        read_answer(question("task"), "photos")


@pytest.mark.parametrize("field", ["goal", "knows"])
def test_other_words_are_answered_with_what_to_do(field) -> None:
    with pytest.raises(InvalidInput, match="above"):
        read_answer(question(field), "the weather is fine today")


@pytest.fixture
def chinese() -> Iterator[None]:
    use_language("zh_CN")
    yield
    use_language("en")


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("goal", "研究", "research"),
        ("goal", "我想做研究", "research"),
        ("knows", "PyTorch和JAX", ("pytorch", "jax")),
        ("knows", "都没有", ()),
        ("deployment", "手机", "mobile"),
        ("goal", "不确定", None),
    ],
)
def test_chinese_words_of_an_option_choose_it(field, text, value) -> None:
    assert read_answer(question(field), text) == value


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("field", ["goal", "knows"])
def test_other_chinese_words_are_answered_with_what_to_do(field) -> None:
    with pytest.raises(InvalidInput, match="上"):
        read_answer(question(field), "今天天气很好")
