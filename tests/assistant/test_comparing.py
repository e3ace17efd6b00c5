"""Another machine's figures beside this one's, from a file that anybody may have made."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from assistant.views import charts, comparing, measuring
from probes.environments import installed_versions
from probes.hardware import machine
from probes.history.archive import pack, unpack
from probes.report import Measurement, ProbeReport
from probes.store import History
from probes.workloads import find_workload
from tests.runs import COLLEAGUE, a_report, a_row

APP = Path(__file__).parents[2] / "assistant" / "app.py"
HOSTILE = "![x](https://evil.example/x.png) <img src=x onerror=alert(1)> [c](javascript:alert(1)) :red[r] $x$ `c`"


def rows_of(factor: float):
    return (a_row(step_ms=2.0 * factor), a_row("pytorch-eager", 3.0 * factor))


def tables(of, factor: float = 1.0, **changes) -> ProbeReport:
    """A report on the network that is measured when nothing is said about the task."""
    return a_report(
        of,
        "2025-11-21T06:30:00+00:00",
        workload_id="mlp-tiny",
        versions=installed_versions(),
        candidates=rows_of(factor),
        rungs=(Measurement(workload=find_workload("mlp-small"), candidates=rows_of(10 * factor)),),
    ).model_copy(update=changes)


OURS = tables(machine())
THEIRS = tables(COLLEAGUE, 0.5, versions={"jax": "0.9.0", "torch": installed_versions()["torch"]})


@pytest.fixture
def page(monkeypatch) -> AppTest:
    """The measurements page, with a run of this machine in the history and measuring switched off."""
    st.cache_resource.clear()
    monkeypatch.setenv(measuring.BUDGET_VARIABLE, "0")
    History().save(OURS)
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    return checked(app.switch_page("views/measurements.py").run())


def checked(app: AppTest) -> AppTest:
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.toast, *app.error, *app.warning]
    return "\n".join(str(element.value) for element in elements).replace("\\", "").replace("\u2060", "")


def upload(page: AppTest, content: bytes) -> AppTest:
    (uploader,) = page.file_uploader
    return checked(uploader.set_value(("runs.json", content, "application/json")).run())


def a_file(*reports: ProbeReport) -> bytes:
    return pack(reports, compressed=True).content


def machines(page: AppTest) -> list[str]:
    return list(page.selectbox[0].options) if page.selectbox else []


def test_before_a_file_is_there_nothing_is_compared(page) -> None:
    assert not page.selectbox
    (table,) = page.dataframe
    assert "machine" not in table.value
    assert len(table.value) == 2


def test_an_uploaded_machine_stands_beside_this_one(page) -> None:
    upload(page, a_file(THEIRS))
    assert "1 run was added." in words(page)
    assert machines(page) == ["no other machine", "8 cores (Apple M3), 24 GB, no GPU"]
    assert page.selectbox[0].value == COLLEAGUE.fingerprint
    (table,) = page.dataframe
    assert sorted(zip(table.value["machine"], table.value["step_ms"], strict=True)) == [
        ("2 cores (AMD EPYC), 24 GB, no GPU", 2.0),
        ("2 cores (AMD EPYC), 24 GB, no GPU", 3.0),
        ("8 cores (Apple M3), 24 GB, no GPU", 1.0),
        ("8 cores (Apple M3), 24 GB, no GPU", 1.5),
    ]
    assert "**Here**: 2 cores (AMD EPYC)" in words(page)
    assert "**There**: 8 cores (Apple M3), 24 GB, no GPU, measured on 21 Nov 2025" in words(page)
    assert "Other versions there: jax 0.9.0." in words(page)


def test_the_advice_rests_on_this_machine_alone(page) -> None:
    upload(page, a_file(THEIRS))
    assert page.session_state["state"].report == OURS
    assert History().latest(machine().fingerprint, installed_versions(), "mlp-tiny") == OURS


def test_the_other_size_is_compared_as_well(page) -> None:
    upload(page, a_file(THEIRS))
    page.get("segmented_control")[0].set_value("mlp-small").run()
    assert sorted(checked(page).dataframe[0].value["step_ms"]) == [10.0, 15.0, 20.0, 30.0]


def test_a_network_that_machine_has_not_measured_is_told(page) -> None:
    upload(page, a_file(THEIRS.model_copy(update={"rungs": ()})))
    page.get("segmented_control")[0].set_value("mlp-small").run()
    assert "That machine has no run of this network" in words(checked(page))
    assert "machine" not in page.dataframe[0].value


def test_only_the_very_same_network_is_compared(page) -> None:
    other = a_report(COLLEAGUE, workload_id="cnn-tiny").workload
    disguised = other.__class__(**(vars(other) | {"id": "mlp-tiny", "family": "mlp"}))
    upload(page, a_file(tables(COLLEAGUE, workload=disguised)))
    assert "That machine has no run of this network" in words(page)


def test_the_same_file_again_adds_nothing(page) -> None:
    upload(page, a_file(THEIRS))
    page.file_uploader[0].set_value(None).run()
    upload(page, a_file(THEIRS))
    assert "0 runs were added. 1 was there already." in words(page)
    assert len(History().runs()) == 2


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "it is no JSON"),
        (b"<html>", "it is no JSON"),
        (json.dumps({"format": "probewise runs", "version": 2, "runs": []}).encode(), "newer Probewise"),
        (a_file(THEIRS).replace(b"\x1f", b"\x00", 1), "it is no JSON"),
        (a_file(THEIRS)[:-20], "damaged gzip"),
    ],
    ids=["empty", "a page", "newer", "garbled", "cut off"],
)
def test_a_file_that_is_none_is_refused_where_it_was_given(page, content, expected) -> None:
    upload(page, content)
    assert expected in page.error[0].value.replace("\\", "").replace("\u2060", "")
    assert not page.selectbox
    assert len(History().runs()) == 1


def test_a_machine_of_the_same_make_is_told_apart(page) -> None:
    upload(page, a_file(tables(machine(), 3.0)))
    assert machines(page)[1] == f"2 cores (AMD EPYC), 24 GB, no GPU, {machine().fingerprint[:6]}"
    assert page.session_state["state"].report == OURS, "and never taken for this one"


def test_a_machine_can_be_forgotten(page) -> None:
    upload(page, a_file(THEIRS))
    next(button for button in page.button if button.label == "Forget it").click().run()
    assert not checked(page).selectbox
    assert [run.report for run in History().runs()] == [OURS]


def test_a_file_is_compared_although_the_history_takes_nothing(page, monkeypatch) -> None:
    def full(history: History, _reports) -> None:
        history.problem = "The disk is full."

    monkeypatch.setattr(History, "add", full)
    upload(page, a_file(THEIRS))
    assert "The disk is full. Until this tab is closed, the file is compared all the same." in words(page)
    assert len(page.dataframe[0].value) == 4


def test_texts_of_a_file_are_never_markup(page) -> None:
    hostile = COLLEAGUE.model_copy(update={"cpu": HOSTILE, "platform": HOSTILE, "python": HOSTILE})
    report = tables(hostile, versions={"jax": HOSTILE, HOSTILE: HOSTILE}, notes=(HOSTILE,))
    row = a_row().model_copy(update={"device": HOSTILE, "error": HOSTILE})
    upload(page, a_file(report.model_copy(update={"candidates": (row,)})))
    shown = [str(element.value) for element in (*page.markdown, *page.caption, *page.toast)]
    assert any("evil" in text for text in shown), "it is shown"
    for begin in ("![", "[", "<img", "https:/", "javascript:a", ":red", "$x", "`c"):
        assert not [text for text in shown if re.search(rf"(?<!\\){re.escape(begin)}", text)], begin


def test_all_runs_of_this_machine_can_be_taken_away() -> None:
    History().save(OURS)
    History().add([THEIRS])
    later = OURS.model_copy(update={"measured_at": "2025-11-22T06:30:00+00:00"})
    History().save(later)
    assert list(unpack(comparing.all_runs(OURS))) == [OURS, later]
    History().path.write_bytes(b"no database" * 1000)
    assert list(unpack(comparing.all_runs(OURS))) == [OURS], "what is shown, at least"


def test_every_figure_says_of_which_machine_it_is_and_stands_below_its_candidate() -> None:
    other = comparing.Other("a laptop", THEIRS, THEIRS.measurements[0])
    frame = comparing.side_by_side(OURS.measurements[0], other)
    assert list(frame["step_words"]) == ["2 ms, here", "1 ms, there", "3 ms, here", "1.5 ms, there"]
    assert set(frame["machine"]) == {"2 cores (AMD EPYC), 24 GB, no GPU", "a laptop"}
    axis = charts.Axis("step_ms", "ms", "step_words", "step_ms_low", "step_ms_high")
    rule, point, text = charts.dot_plot(frame, axis, "#000000").to_dict()["layer"]
    assert point["encoding"]["color"]["scale"]["domain"] == ["here", "there"]
    assert all(layer["encoding"]["yOffset"]["field"] == "place" for layer in (rule, point, text))
