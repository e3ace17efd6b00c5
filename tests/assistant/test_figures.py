from __future__ import annotations

import csv
import dataclasses
import io

import pytest

from assistant.views import charts, figures
from probes.report import CandidateResult, Measurement, ProbeReport
from probes.settings import Settings
from probes.workloads import find_workload
from tests.runs import an_eventful_report


@pytest.fixture
def report(laptop) -> ProbeReport:
    workload, rung = find_workload("cnn-tiny"), find_workload("cnn-small")
    slow = CandidateResult(
        candidate="pytorch-eager",
        status="ok",
        step_ms=30,
        step_ms_low=28,
        step_ms_high=33,
        first_step_s=0.5,
        rounds=5,
    )
    fast = slow.model_copy(update={"candidate": "jax-jit", "step_ms": 2.0, "step_ms_low": 1.9, "step_ms_high": 2.2})
    failed = CandidateResult(candidate="keras-jax", status="failed", error="It ran out of memory, sorry.")
    return ProbeReport(
        machine=laptop,
        versions={"torch": "2.13.0", "jax": "0.10.2"},
        workload=workload,
        candidates=(slow, failed, fast),
        rungs=(Measurement(workload=rung, candidates=(fast,)),),
        seconds=12.0,
        measured_at="2026-11-21T07:00:00+00:00",
    )


def test_the_fastest_stand_first_and_failures_last(report) -> None:
    table = figures.table(report.measurements[0])
    assert list(table["candidate"]) == ["jax-jit", "pytorch-eager", "keras-jax"]
    assert list(table["step_words"]) == ["2 ms", "30 ms", ""]


def test_the_loss_that_others_are_compared_with_is_called_the_reference(report) -> None:
    parities = {"pytorch-eager": 0.0, "pytorch-compile": 0.0, "jax-jit": 8.13e-8, "keras-jax": None}
    row = report.candidates[0]
    rows = [row.model_copy(update={"candidate": name, "parity": parity}) for name, parity in parities.items()]
    table = figures.table(Measurement(workload=report.workload, candidates=tuple(rows)))
    told = table.set_index("candidate")["parity_words"].dropna()
    assert dict(told) == {
        "pytorch-eager": "reference",
        "pytorch-compile": "0",
        "jax-jit": "8.1e-08",
    }


def test_the_csv_holds_every_workload_and_says_where_it_is_from(report) -> None:
    rows = rows_in_csv(report)
    assert [(row["workload"], row["candidate"]) for row in rows] == [
        ("cnn-tiny", "jax-jit"),
        ("cnn-tiny", "pytorch-eager"),
        ("cnn-tiny", "keras-jax"),
        ("cnn-small", "jax-jit"),
    ]
    assert float(rows[0]["step_ms_low"]) == 1.9
    assert rows[2]["error"] == "It ran out of memory, sorry."
    assert all(row["versions"] == "torch 2.13.0; jax 0.10.2" and row["machine"] for row in rows)


def rows_in_csv(report: ProbeReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(figures.csv(report))))


def test_the_csv_tells_defaults_from_tuned_rows_and_leaves_out_neither() -> None:
    rows = [row for row in rows_in_csv(an_eventful_report()) if row["workload"] == "cnn-tiny"]
    assert [(row["candidate"], row["variant"], row["tunings"], row["status"]) for row in rows] == [
        ("jax-jit", "default", "", "ok"),
        ("pytorch-eager", "default", "", "ok"),
        ("keras-torch", "default", "", "failed"),
        ("pytorch-eager", "tuned", "channels_last; fused_adam", "ok"),
        ("jax-jit", "tuned", "fori_loop", "failed"),
    ]
    assert rows[-1]["error"] == "It ran out of memory."


def test_the_csv_says_how_each_row_was_trained_and_how_far_it_can_be_trusted() -> None:
    jax, eager, *_others, failed = rows_in_csv(an_eventful_report())[:5]
    assert {field.name for field in dataclasses.fields(Settings)} <= set(jax)
    assert (jax["compiler"], jax["threads"], jax["deterministic"]) == ("xla", "2", "False")
    assert (jax["steady"], jax["start_beside"], jax["warm_first_step_s"]) == ("False", "True", "0.25")
    assert (eager["contended"], eager["warm_first_step_s"]) == ("True", "")
    assert (failed["compiler"], failed["threads"]) == ("", "")


@pytest.mark.parametrize(("ratio", "high", "scale"), [(2.0, 2.5, None), (20.0, 21.0, "log"), (2.0, 90.0, "log")])
def test_a_wide_spread_of_figures_or_intervals_is_drawn_on_a_logarithmic_scale(report, ratio, high, scale) -> None:
    table = figures.table(report.measurements[0]).dropna(subset=["step_ms"])
    table.loc[1, ["step_ms", "step_ms_high"]] = (ratio * table.loc[0, "step_ms"], high * table.loc[0, "step_ms"])
    axis = charts.Axis("step_ms", "ms", "step_words", "step_ms_low", "step_ms_high")
    drawn = charts.dot_plot(table, axis, "#000000").to_dict()
    assert drawn["layer"][1]["encoding"]["x"]["scale"].get("type") == scale


def test_every_figure_stands_in_the_chart_without_a_legend(report) -> None:
    table = figures.table(report.measurements[0]).dropna(subset=["step_ms"])
    axis = charts.Axis("step_ms", "ms", "step_words", "step_ms_low", "step_ms_high")
    drawn = charts.dot_plot(table, axis, "#000000").to_dict()
    kinds = [layer["mark"]["type"] for layer in drawn["layer"]]
    assert kinds == ["rule", "point", "text"]
    assert all("color" not in layer["encoding"] for layer in drawn["layer"])
