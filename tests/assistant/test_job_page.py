"""The page about the person's job: its figures, from when on compiling pays, what fits, and what nobody knows."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console, RenderableType
from streamlit.testing.v1 import AppTest

from assistant import terminal
from assistant.advice.recommend import recommend
from assistant.project import Project
from assistant.target import probe_workloads
from assistant.views import figures, measuring
from probes.environments import installed_versions
from probes.hardware import machine
from probes.report import CandidateResult, ProbeReport
from tests.assistant.test_views import APP, words
from tests.runs import a_report

JOB = Project(task="image_classification", dataset_rows=50_000, input_size=64)

# A first result after 3 and 23 s, and steps of 400 and 200 ms: caught up with after 101 steps.
EAGER = CandidateResult(
    candidate="pytorch-eager",
    status="ok",
    import_s=2.0,
    build_s=0.5,
    first_step_s=0.5,
    step_ms=400.0,
    step_ms_low=399.0,
    step_ms_high=401.0,
    rounds=6,
    memory_mb=900.0,
    device="cpu",
)
COMPILED = EAGER.model_copy(
    update={"candidate": "pytorch-compile", "first_step_s": 20.5, "step_ms": 200.0, "step_ms_low": 199.0}
    | {"step_ms_high": 201.0, "memory_mb": 1100.0}
)
FAILED = CandidateResult(candidate="keras-jax", status="failed", error="It ended.")


def measured(*rows: CandidateResult) -> ProbeReport:
    (*_smaller, job) = probe_workloads(JOB, machine())
    return a_report(machine(), versions=installed_versions(), workload=job, candidates=rows, rungs=())


@pytest.fixture
def page(monkeypatch, tmp_path):
    monkeypatch.setenv("PROBEWISE_HOME", str(tmp_path))
    monkeypatch.setenv(measuring.BUDGET_VARIABLE, "0")

    def show(report: ProbeReport | None) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=30).run()
        state = app.session_state["state"]
        for field, value in JOB.answers.items():
            state.interview = state.interview.answer(field, value)
        state.report = report
        app.switch_page("views/job.py").run()
        assert not app.exception
        return app

    return show


def test_figures_break_even_and_memory_are_shown(page) -> None:
    app = page(measured(EAGER, COMPILED, FAILED))
    told = words(app)
    assert "50,000 examples" in told
    assert "after about 100" in told
    assert "should fit with" in told
    assert "It ended" in told
    (table,) = app.dataframe
    here = table.value[table.value["evidence"] == "measured"]
    assert [name.split(", ")[1].split()[0] for name in here["name"]] == ["compiled", "run"]


def test_what_stands_in_a_measured_row_and_was_not_measured_says_so(page) -> None:
    again = COMPILED.model_copy(update={"fresh": False})
    app = page(measured(EAGER, again))
    (table,) = app.dataframe
    here = table.value[table.value["evidence"] == "measured"]
    assert [first.endswith("(forecast)") for first in here["first"]] == [True, False]
    columns = json.loads(table.proto.columns)
    assert here["batch"].notna().all()
    assert columns["batch"]["label"] == "Largest batch (forecast)"


def test_who_was_not_measured_here_is_marked_and_the_other_machine_is_named(page) -> None:
    app = page(measured(EAGER, FAILED))
    (table,) = app.dataframe
    borrowed = table.value[table.value["evidence"] == "elsewhere"]
    assert len(borrowed) + 1 == len(table.value) > 2
    assert (borrowed["first"] == "").all()
    (caption,) = [each.value for each in app.caption if "Not measured here" in each.value]
    assert "another machine \\(2 cores" in caption
    assert "on JAX" not in caption, "it was tried here, and failed"


def test_where_the_time_was_too_short_for_anybody_another_machine_tells_with_much_doubt(page) -> None:
    late = CandidateResult(candidate="pytorch-eager", status="timeout", error="It was out of time.")
    app = page(measured(late, FAILED))
    (table,) = app.dataframe
    assert set(table.value["evidence"]) == {"elsewhere"}
    (caption,) = [each.value for each in app.caption if "Not measured here" in each.value]
    assert "nothing has shown yet" in caption


def test_names_leave_room_for_the_figures_on_a_phone(page) -> None:
    (table,) = page(measured(EAGER, COMPILED)).dataframe
    assert json.loads(table.proto.columns)["name"]["width"] == figures.NAME_PX <= 390 / 2
    assert table.proto.row_height == figures.ROW_PX, "names are wrapped in it"


HUNGRY = EAGER.model_copy(update={"memory_mb": 4 * 1024 * machine().memory_gb})


def test_what_does_not_fit_comes_with_a_way_out(page) -> None:
    (warning,) = page(measured(HUNGRY)).warning
    assert "needs about" in warning.value


@pytest.mark.parametrize(("row", "short"), [(HUNGRY, True), (EAGER, False)])
def test_that_the_job_does_not_fit_is_said_with_the_answer_too(page, row, short) -> None:
    report = measured(row)
    app = page(report)
    app.session_state["state"].enough = True
    app.switch_page("views/interview.py").run()
    assert not app.exception
    told = [words(app), _printed(terminal.recommendation(recommend(JOB, report, machine=machine()), JOB))]
    assert [("needs about" in each) for each in told] == [short, short]


def _printed(shown: RenderableType) -> str:
    written = io.StringIO()
    Console(width=300, file=written).print(shown)
    return written.getvalue()


def test_without_measurements_it_says_so(page) -> None:
    app = page(None)
    assert "Nothing has been measured yet" in words(app)
    assert not app.dataframe


def test_where_no_second_mode_was_measured_the_page_says_that_it_is_not_known_when_compiling_pays(page) -> None:
    assert "of no framework are the start and the step time" in words(page(measured(EAGER)))
    assert "of no framework are the start and the step time" not in words(page(measured(EAGER, COMPILED)))


def test_the_terminal_says_what_the_figures_rest_on_and_what_disturbed_them() -> None:
    late = CandidateResult(candidate="jax-jit", status="timeout", error="Late.")
    quiet = measured(EAGER, late)
    for report in (quiet, quiet.model_copy(update={"contended": True})):
        told = _printed(terminal.recommendation(recommend(JOB, report, machine=machine()), JOB, report))
        assert "[measured]" in told
        assert "The time was too short for: JAX" in told
        assert ("do not trust the step times" in told) == report.contended


def test_figures_of_a_machine_like_this_one_are_not_told_as_of_another_kind() -> None:
    report = measured(EAGER)
    told = {}
    for fingerprint in ("9e4128c5e0666f89", "0" * 16):
        here = report.machine.model_copy(update={"fingerprint": fingerprint, "accelerators": ()})
        advice = recommend(JOB, report.model_copy(update={"machine": here}), machine=here)
        told[fingerprint] = {row.measured_on for row in advice.forecast if row.evidence == "corpus"}
    assert all(each.endswith("like this one") for each in told["9e4128c5e0666f89"])
    assert not any(each.endswith("like this one") for each in told["0" * 16])
    assert all(told.values())
