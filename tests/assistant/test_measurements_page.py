"""What the measurements page shows of a run in which much went wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from assistant.views import measuring
from probes.environments import installed_versions
from probes.hardware import machine
from probes.report import ProbeReport
from probes.store import History
from probes.tunings import TUNINGS
from probes.workloads import find_workload
from tests.runs import a_row, an_eventful_report

APP = Path(__file__).parents[2] / "assistant" / "app.py"


def shown(monkeypatch: pytest.MonkeyPatch, **changes: object) -> AppTest:
    """The page with such a run of this machine in the history, and measuring switched off."""
    monkeypatch.setenv(measuring.BUDGET_VARIABLE, "0")
    here = {"workload": find_workload("mlp-tiny"), "rungs": (), "machine": machine()}
    History().save(an_eventful_report(**here | {"versions": installed_versions()} | changes))
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    app.switch_page("views/measurements.py").run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.info]
    return "\n".join(str(element.value) for element in elements).replace("\\", "").replace("\u2060", "")


def test_tuned_rows_that_failed_stand_beside_those_that_worked(monkeypatch) -> None:
    page = shown(monkeypatch)
    (tunings,) = page.dataframe[1].value["tunings"]
    assert list(tunings) == ["channels_last", "fused_adam"]
    assert "tuned (fori_loop)**: It ran out of memory." in words(page)


def test_what_switches_a_tuning_on_can_be_copied(monkeypatch) -> None:
    page = shown(monkeypatch)
    assert [each.value for each in page.code] == [
        each.code for each in TUNINGS if each.id in {"channels_last", "fused_adam"}
    ]
    assert "channels_last: [documentation](https://" in words(page)


def test_what_a_row_must_not_be_trusted_for_stands_in_it_and_is_explained(monkeypatch) -> None:
    page = shown(monkeypatch)
    marks = dict(zip(page.dataframe[0].value["name"], page.dataframe[0].value["marks"], strict=True))
    assert marks["PyTorch, run line by line (eager)"] == "disturbed"
    assert marks["Keras, on PyTorch"] == "broken off"
    assert "Disturbed: other programs ran" in words(page)
    assert "**Keras, on PyTorch**: Only 2 rounds were measured. It was killed." in words(page)


def test_a_warm_start_has_columns_of_its_own(monkeypatch) -> None:
    table = shown(monkeypatch).dataframe[0].value
    assert (table["first_step_s"][0], table["warm_first_step_s"][0]) == (0.4, 0.25)
    bare = an_eventful_report().candidates[1:]
    assert "warm_first_step_s" not in shown(monkeypatch, candidates=bare).dataframe[0].value


def test_how_each_was_trained_can_be_opened(monkeypatch) -> None:
    page = shown(monkeypatch)
    (expander,) = [each for each in page.expander if each.label == "How each was trained"]
    assert "Threads: 2." in expander.markdown[0].value.replace("\\", "")
    (table,) = expander.dataframe
    layouts = dict(zip(table.value["name"], table.value["memory_layout"], strict=True))
    assert layouts["PyTorch, run line by line (eager)"] == "contiguous"
    assert layouts["PyTorch, run line by line (eager), tuned (channels_last, fused_adam)"] == "channels_last"


def on_accelerator() -> ProbeReport:
    return an_eventful_report(candidates=(a_row().model_copy(update={"device": "cuda:0"}),))


def test_figures_of_an_accelerator_say_that_nobody_evaluated_such(monkeypatch) -> None:
    page = shown(monkeypatch, candidates=on_accelerator().candidates)
    assert "published evaluation" in words(page)
