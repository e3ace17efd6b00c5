"""The pages without a browser: what they show and how they follow, with measuring switched off."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from assistant.advice.own_weights import importance
from assistant.errors import InvalidInput
from assistant.starter import requirements
from assistant.target import weighed_answers
from assistant.views import measuring
from assistant.views.markdown import plain
from knowledge.load import load

APP = Path(__file__).parents[2] / "assistant" / "app.py"


@pytest.fixture(autouse=True)
def _quiet_home(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PROBEWISE_HOME", str(tmp_path))
    monkeypatch.setenv(measuring.BUDGET_VARIABLE, "0")


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=30).run()


def words(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.button, *app.info, *app.title]
    return "\n".join(str(getattr(element, "label", None) or element.value) for element in elements)


def asked(app: AppTest) -> str:
    """The field of the open question."""
    return app.session_state["state"].interview.open_question.id


def pills(app: AppTest, field: str):
    """The options of the open question, which must be the one about this field."""
    assert asked(app) == field
    (group,) = app.get("pills")
    return group


def answer(app: AppTest, field: str, value: object) -> AppTest:
    pills(app, field).set_value(value).run()
    assert not app.exception
    return app


def pass_over(app: AppTest) -> None:
    """Be "not sure" of the open question."""
    unsure = [button for button in app.button if button.key == "unsure"]
    if unsure:
        unsure[0].click().run()
    else:
        answer(app, asked(app), "")


def pass_over_until(app: AppTest, field: str) -> None:
    """Be "not sure" of every question before the one about this field."""
    while asked(app) != field:
        pass_over(app)


def test_the_card_says_in_how_many_worlds_nothing_fits() -> None:
    app = AppTest.from_file(str(APP), default_timeout=30)
    said = {"task": "tabular_classification", "accelerator": "tpu", "operating_system": "windows", "pretrained": "no"}
    for field, value in said.items():
        app.query_params[field] = value
    app.run()
    assert not app.exception
    while app.session_state["state"].interview.open_question:
        pass_over(app)
    assert re.search(r"In 3\d % of the plausible worlds nothing fits\.", words(app))


def test_the_machine_comes_first_and_then_one_question(app) -> None:
    assert not app.exception
    assert "cores" in app.markdown[1].value
    assert pills(app, "task").value is None
    assert "Undecided" in words(app)


def test_an_answer_folds_and_the_next_question_opens(app) -> None:
    answer(app, "task", "image_classification")
    assert "**Photos: tell what is in them**" in words(app)
    assert pills(app, asked(app)).value is None
    assert asked(app) != "task"


def test_the_latest_answers_stay_in_sight_and_earlier_ones_fold(app) -> None:
    fields: list[str] = []
    for count in range(1, 6):
        fields.append(asked(app))
        pass_over(app)
        settled = [button.key for button in app.button if (button.key or "").startswith("settled-")]
        assert settled == [f"settled-{each}" for each in fields[:count]]
        folded = [block.label for block in app.expander if "earlier" in block.label]
        assert folded == (["1 earlier answer"] if count == 5 else [])


def test_not_sure_moves_on_and_leaves_the_field_open(app) -> None:
    answer(app, "task", "")
    assert app.session_state["state"].interview.project.task is None
    assert pills(app, asked(app))
    assert asked(app) != "task"


def test_a_settled_answer_can_be_changed_and_all_below_follows(app) -> None:
    answer(app, "task", "image_classification")
    app.button(key="settled-task").click().run()
    assert pills(app, "task").value == "image_classification"
    answer(app, "task", "tabular_classification")
    pass_over_until(app, "dataset_rows")
    assert "How many rows does your table have?" in words(app)


def test_a_number_can_be_typed_into_the_chat(app) -> None:
    answer(app, "task", "image_classification")
    pass_over_until(app, "dataset_rows")
    app.chat_input[0].set_value("50k").run()
    assert app.session_state["state"].interview.project.dataset_rows == 50_000
    assert "**50,000 photos**" in words(app)


def asked_for_its_size(app: AppTest, task: str) -> AppTest:
    """The page with the question about the network's size open."""
    answer(app, "task", task)
    state = app.session_state["state"]
    state.move(state.interview.revisit("model_scale"))
    return app.run()


def test_a_known_network_can_be_chosen_and_is_called_by_its_name(app) -> None:
    asked_for_its_size(app, "image_classification")
    (network,) = app.selectbox
    assert "ResNet-18, 12 million parameters" in network.options
    assert not [name for name in network.options if "BERT" in name]
    network.set_value("resnet-50").run()
    assert not app.exception
    assert app.session_state["state"].interview.project.model_scale == "resnet-50"
    assert "**ResNet-50**" in words(app)
    app.button(key="settled-model_scale").click().run()
    assert (app.selectbox[0].value, pills(app, "model_scale").value) == ("resnet-50", None)
    answer(app, "model_scale", "small")
    assert app.session_state["state"].interview.project.model_scale == "small"


def test_no_network_is_offered_where_none_is_known_for_the_task(app) -> None:
    assert not asked_for_its_size(app, "tabular_regression").selectbox


def test_what_cannot_be_read_is_kept_and_answered(app) -> None:
    app.chat_input[0].set_value("a cathedral").run()
    assert not app.exception
    assert "I could not match that" in words(app)
    assert pills(app, "task"), "the question stays open"


def test_the_answer_comes_when_one_has_said_enough(app) -> None:
    answer(app, "task", "image_classification")
    enough = next(button for button in app.button if "show the answer" in button.label)
    enough.click().run()
    assert not app.exception
    assert "% sure" in words(app)
    assert not app.get("pills"), "no question stands beside the answer"
    labels = [button.label for button in app.get("download_button")]
    assert labels == ["Download starter", "Download Markdown", "Download HTML"]


def test_a_starter_that_cannot_be_pinned_is_not_offered_and_says_why(app, monkeypatch) -> None:
    answer(app, "task", "image_classification")
    monkeypatch.setattr(requirements, "_installed", lambda _distribution: None)
    app.button(key="enough").click().run()
    assert not app.exception
    labels = [button.label for button in app.get("download_button")]
    assert labels == ["Download Markdown", "Download HTML"]
    told = words(app).replace("\\", "")
    assert "There is no starter to download yet. The version of" in told
    assert "it was neither measured nor is it installed" in told


def test_what_is_excluded_and_why_not_wear_the_date_and_lead_to_a_source(app) -> None:
    answer(app, "task", "image_classification")
    next(button for button in app.button if "show the answer" in button.label).click().run()
    advised = app.session_state["state"].advised.recommendation
    excluded = [ranked.excluded for ranked in advised.ranking if ranked.excluded]
    assert excluded
    for exclusion in excluded:
        told = [each.value for each in app.markdown if plain(exclusion.reason) in each.value]
        assert len(told) == 2, "beneath the card, and where it is asked why not"
        assert all(re.search(r"-badge\[cited, \w{3} \d{4}\]", each) for each in told)
        assert all(f"({exclusion.source})" in each for each in told)
    against = [each.value for each in app.markdown if each.value.startswith("- ")]
    assert sum("](https://" in line for lines in against for line in lines.splitlines()) >= 3


def test_the_starter_is_made_ready_with_the_answer_and_not_before(app, monkeypatch) -> None:
    begun: list[bool] = []
    monkeypatch.setattr("assistant.starter.generate.warm_up", lambda: begun.append(True))
    answer(app, "task", "image_classification")
    assert not begun
    app.button(key="enough").click().run()
    assert begun


def test_the_answer_comes_by_itself_and_the_rest_is_asked_when_wanted(app) -> None:
    answer(app, "task", "tabular_classification")
    while app.session_state["state"].interview.open_question:
        pass_over(app)
    assert "% sure" in words(app)
    app.button(key="rest").click().run()
    assert app.get("pills"), "a question that could hardly change it"
    while app.session_state["state"].interview.open_question:
        pass_over(app)
    assert "% sure" in words(app)
    assert "rest" not in {button.key for button in app.button}


def test_an_impossible_project_says_which_answers_to_relax(app) -> None:
    state = app.session_state["state"]
    impossible = {"task": "image_classification", "accelerator": "nvidia", "operating_system": "macos"}
    for field, value in impossible.items():
        state.move(state.interview.answer(field, value))
    state.enough = True
    app.run()
    assert not app.exception
    assert "Nothing fits these answers" in words(app)
    ways_out = [button for button in app.button if (button.key or "").startswith("relax-")]
    assert {button.key.removeprefix("relax-") for button in ways_out} & set(impossible)
    ways_out[0].click().run()
    assert len(app.get("pills")) == 1, "the answer to relax is asked again"


def test_the_measurements_page_says_when_nothing_was_measured(app) -> None:
    app.switch_page("views/measurements.py").run()
    assert not app.exception
    assert "Measuring is switched off" in words(app)


@pytest.mark.parametrize("text", ["a minute", "-1", "nan", "inf", "1e9", ""])
def test_a_budget_that_is_none_is_refused_in_a_sentence(monkeypatch, text) -> None:
    monkeypatch.setenv(measuring.BUDGET_VARIABLE, text)
    with pytest.raises(InvalidInput, match=r"PROBEWISE_BUDGET_S is .*; expected seconds"):
        measuring.budget_s()


def test_a_wrong_budget_is_told_on_the_page(monkeypatch) -> None:
    monkeypatch.setenv(measuring.BUDGET_VARIABLE, "soon")
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    assert not app.exception
    assert "PROBEWISE_BUDGET_S is 'soon'; expected seconds" in app.error[0].value


def test_the_budget_is_a_minute_unless_set(monkeypatch) -> None:
    monkeypatch.delenv(measuring.BUDGET_VARIABLE)
    assert measuring.budget_s() == 60


def test_who_sets_the_weights_gets_an_answer_by_them_and_can_go_back(app) -> None:
    answer(app, "task", "image_classification")
    next(button for button in app.button if "show the answer" in button.label).click().run()
    before = app.session_state["state"].advised.recommendation
    for slider in app.slider:
        slider.set_value(10.0 if slider.key == "weight-pretrained_models" else 0.0)
    next(button for button in app.button if button.label == "Use these weights").click().run()
    assert not app.exception
    own = app.session_state["state"].advised.recommendation
    heaviest = max(own.contributions, key=lambda part: part.weight)
    assert (heaviest.criterion, heaviest.weight) == ("pretrained_models", pytest.approx(1, abs=0.01))
    assert "which you gave this weight" in words(app).lower()
    app.button(key="reset-weights").click().run()
    assert app.session_state["state"].advised.recommendation == before


def test_weights_that_nobody_moved_stay_what_they_are(app) -> None:
    """However little a criterion counts: its slider does not stand at 0, and its rounding counts for nothing."""
    answer(app, "task", "image_classification")
    next(button for button in app.button if "show the answer" in button.label).click().run()
    now = app.session_state["state"].interview
    by_answers = importance(load(), weighed_answers(now.project, now.machine))
    assert all(slider.value > 0 for slider in app.slider)
    next(button for button in app.button if button.label == "Use these weights").click().run()
    assert app.session_state["state"].advised.recommendation.own_weights == by_answers


def test_weights_that_are_all_zero_are_refused_in_a_sentence(app) -> None:
    answer(app, "task", "image_classification")
    next(button for button in app.button if "show the answer" in button.label).click().run()
    for slider in app.slider:
        slider.set_value(0.0)
    next(button for button in app.button if button.label == "Use these weights").click().run()
    assert not app.exception
    assert "All weights are 0" in words(app)
    assert {slider.value for slider in app.slider} == {0.0}, "what was set stays, to be mended"
