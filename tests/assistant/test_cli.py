"""The command line's contract: exit codes, one line for wrong input, the promised keys in the JSON."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from threading import Timer

import pytest
from filelock import FileLock

from assistant import cli, terminal, wording
from assistant.cli import main
from assistant.project import FIELDS
from assistant.server import server_command
from knowledge.load import load
from probes.directories import measuring_lock
from tests.assistant.recorded import rungs
from tests.probes.leftovers import left_by, started_by
from tests.runs import a_report, a_row

RECOMMENDATION_KEYS = {
    "winner", "confidence", "ranking", "forecast", "reasons", "flips", "unknown", "simpler_first",
}  # fmt: skip
FORECAST_KEYS = {"candidate", "step_ms", "step_ms_low", "step_ms_high", "epoch_seconds", "memory_mb", "evidence"}
PROBE_KEYS = {"machine", "versions", "workload", "candidates", "contended", "seconds"}
CLAIM_KEYS = {"id", "statement", "verdict", "today", "frameworks", "dimension", "sources", "check"}

Run = Callable[..., "Ended"]


class Ended:
    """What a command left behind."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> object:
        return json.loads(self.out)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: object) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Ended(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "project.toml"
    path.write_text('task = "image_classification"\ndataset_rows = 50_000\ngoal = "product"\n', encoding="utf-8")
    return path


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Real measurements: the committed corpus as the probe's report that it came from."""
    path = tmp_path / "probe.json"
    measured = rungs("cnn")
    path.write_text(measured.model_dump_json(), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["probe", "--workload", "xx"], "expected one of mlp-tiny"),
        (["probe", "--only", "pytorch-eager,mxnet"], "expected one of pytorch-eager"),
        (["probe", "--budget", "0"], "expected seconds above 0"),
        (["probe", "--budget", "soon"], "--budget"),
        (["probe", "--workload", "mlp-tiny", "--batch", "0"], "expected 1 to"),
        (["probe", "--workload", "mlp-tiny", "--batch", "-5"], "expected 1 to"),
        (["probe", "--project", "nowhere.toml"], "No project file at nowhere.toml"),
        (["recommend"], "--project"),
        (["recommend", "--project", "nowhere.toml"], "No project file at nowhere.toml"),
        (["claims", "--verdict", "maybe"], "expected one of holds"),
        (["claims", "--framework", "mxnet"], "expected one of jax"),
        (["claims", "--stale", "--check"], "expected no --check"),
        (["app", "--port", "0"], "--port"),
        (["nonsense"], "nonsense"),
        (["doctor", "--loud"], "--loud"),
    ],
)
def test_wrong_input_gets_exit_code_2_and_one_line(run: Run, arguments: list[str], expected: str) -> None:
    ended = run(*arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.count("\n") == 1
    assert expected in ended.err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('task = "poetry"', "'tabular_classification'"),
        ("dataset_rows = -5", "expected more than 0"),
        ('dataset_rows = "many"', "expected a whole number"),
        ("dataset_rows = 1e99", "expected a whole number"),
        ("input_size = 1000000", "expected at most 100000"),
        ("dataset_gb = nan", "expected a number"),
        ('model_scale = "huge"', "expected one of small"),
        ('knows = ["mxnet"]', "'pytorch'"),
        ('knows = "pytorch"', """is 'pytorch'; expected a list such as ["pytorch", "keras"]"""),
        ("pretrained = true", "is true; expected one of 'yes', 'no'"),
        ('task = "tabular_classification"\nmodel_scale = "resnet-50"', "ResNet-50 is not for this task"),
        ("colour = 3", "Unknown field 'colour'; expected one of task"),
        ("task = ", "is not valid TOML"),
        ("dataset_rows = " + "9" * 5000, "is not valid TOML"),
        ("dataset_rows = " + "[" * 5000, "is not valid TOML"),
        ("\udcff", "it is not UTF-8 text"),
    ],
)
def test_a_wrong_project_file_gets_exit_code_2_and_one_line(
    run: Run, tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "project.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    ended = run("recommend", "--project", path, "--no-probe")
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert expected in ended.err


def test_a_folder_as_project_file_is_told_in_one_line(run: Run, tmp_path: Path) -> None:
    ended = run("recommend", "--project", tmp_path, "--no-probe")
    assert ended.code == 2
    assert "Is a directory" in ended.err


@pytest.mark.parametrize("content", ["", "{}", "[1, 2]", '{"machine": 3}', "not json"])
def test_a_wrong_probe_file_gets_exit_code_2_and_one_line(
    run: Run, project: Path, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "probe.json"
    path.write_text(content, encoding="utf-8")
    ended = run("recommend", "--project", project, "--probe", path)
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "is no probe report" in ended.err


def test_options_that_exclude_each_other_are_refused(run: Run, project: Path, report: Path) -> None:
    assert run("recommend", "--project", project, "--probe", report, "--no-probe").code == 2
    assert run("probe", "--project", project, "--workload", "mlp-tiny").code == 2


def test_a_recommendation_without_probe_has_the_promised_keys(run: Run, project: Path) -> None:
    ended = run("recommend", "--project", project, "--no-probe", "--json")
    assert ended.code == 0
    advice = ended.json
    assert set(advice) >= RECOMMENDATION_KEYS
    assert set(advice["forecast"][0]) >= FORECAST_KEYS
    assert 0 <= advice["confidence"] <= 1
    assert advice["winner"]["framework"] in load().frameworks
    assert set(advice["unknown"]) <= set(FIELDS)
    assert all(set(flip) == {"field", "from", "to", "winner"} for flip in advice["flips"])


def test_an_answer_that_is_not_asked_for_the_task_is_left_out_and_named(run: Run, tmp_path: Path) -> None:
    asked = 'task = "tabular_classification"\ndataset_rows = 3000\n'
    with_more, without = tmp_path / "more.toml", tmp_path / "less.toml"
    with_more.write_text(f'{asked}pretrained = "yes"\ndataset_gb = 100\n', encoding="utf-8")
    without.write_text(asked, encoding="utf-8")
    more, less = (run("recommend", "--project", path, "--no-probe", "--json") for path in (with_more, without))
    assert more.json == less.json
    assert more.err == "probewise: Not asked for this task, so left out: dataset_gb, pretrained.\n"
    assert less.err == ""


def test_where_nothing_fits_only_what_to_change_and_why_is_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "project.toml"
    path.write_text(
        'task = "object_detection"\noperating_system = "windows"\naccelerator = "apple"\n', encoding="utf-8"
    )
    words = run("recommend", "--project", path, "--no-probe").out
    assert words.startswith("Nothing fits these answers.")
    assert "(accelerator)" in words
    assert "(operating_system)" in words
    assert "(task)" not in words
    assert "Not known yet" not in words
    assert "Share" not in words


def test_a_recommendation_with_a_probe_forecasts_the_job(run: Run, project: Path, report: Path) -> None:
    advice = run("recommend", "--project", project, "--probe", report, "--json").json
    known = [row for row in advice["forecast"] if row["epoch_seconds"]]
    assert len(known) >= 5
    assert all(row["step_ms_low"] <= row["step_ms"] <= row["step_ms_high"] for row in known)


def test_the_words_and_the_json_name_the_same_winner(run: Run, project: Path, report: Path) -> None:
    advice = run("recommend", "--project", project, "--probe", report, "--json").json
    words = run("recommend", "--project", project, "--probe", report).out
    assert words.startswith(load().framework(advice["winner"]["framework"]).name)


def test_the_words_date_what_is_cited_lead_to_it_and_say_why_no_other(run: Run, project: Path) -> None:
    advice = run("recommend", "--project", project, "--no-probe", "--json").json
    words = run("recommend", "--project", project, "--no-probe").out
    excluded = [row["excluded"] for row in advice["ranking"] if row["excluded"]]
    cited = [reason for reason in advice["reasons"] if reason["evidence"] == "cited"]
    assert cited
    in_one_line = words.replace("\n", "")
    assert all(each["source"].split()[0] in in_one_line for each in (*cited, *excluded))
    assert words.count("[cited, ") >= len(cited) + len(excluded)
    against = words[words.index("Why not another?") :]
    ranked = [row["candidate"] for row in advice["ranking"] if not row["excluded"]]
    assert all(wording.candidate_name(each) in against for each in ranked if each in advice["other_modes"])


@pytest.mark.frameworks
def test_a_probe_has_the_promised_keys_and_is_kept(run: Run) -> None:
    ended = run("probe", "--workload", "mlp-tiny", "--only", "pytorch-eager,scikit-learn", "--budget", "60", "--json")
    assert ended.code == 0
    report = ended.json
    assert set(report) >= PROBE_KEYS
    assert {row["candidate"]: row["status"] for row in report["candidates"]} == {
        "pytorch-eager": "ok",
        "scikit-learn": "ok",
    }


@pytest.mark.frameworks
def test_a_probe_that_measures_nothing_in_its_time_ends_with_124(run: Run) -> None:
    ended = run("probe", "--workload", "mlp-tiny", "--only", "tensorflow-xla", "--budget", "0.1")
    assert ended.code == 124
    assert "budget" in ended.out


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (("unusable", "timeout"), 124),
        (("failed", "timeout"), 124),
        (("ok", "timeout"), 0),
        (("failed", "unusable"), 0),
    ],
)
def test_124_says_that_more_time_would_help(
    run: Run, monkeypatch: pytest.MonkeyPatch, statuses: tuple[str, ...], code: int
) -> None:
    rows = tuple(a_row().model_copy(update={"status": status}) for status in statuses)
    monkeypatch.setattr(cli, "_probe", lambda *_arguments: a_report(candidates=rows))
    assert run("probe", "--workload", "cnn-tiny").code == code


def test_a_starter_is_written_and_never_over_something(run: Run, project: Path, tmp_path: Path) -> None:
    output = tmp_path / "starter.zip"
    assert run("starter", "--project", project, "--framework", "keras", "--output", output).code == 0
    with zipfile.ZipFile(output) as archive:
        assert any(name.endswith("/train.py") for name in archive.namelist())
    again = run("starter", "--project", project, "--output", output)
    assert again.code == 2
    assert "exists already" in again.err


def test_claims_are_listed_with_the_promised_keys(run: Run) -> None:
    claims = run("claims", "--json").json
    assert len(claims) == len(load().claims)
    assert all(set(claim) >= CLAIM_KEYS for claim in claims)
    wrong = run("claims", "--verdict", "wrong", "--framework", "keras", "--json").json
    assert 0 < len(wrong) < len(claims)
    assert all(claim["verdict"] == "wrong" and "keras" in claim["frameworks"] for claim in wrong)


def test_stale_records_are_listed(run: Run) -> None:
    assert all(set(record) >= {"file", "id", "checked"} for record in run("claims", "--stale", "--json").json)


def test_a_host_that_is_no_name_is_told_in_one_line(run: Run) -> None:
    ended = run("app", "--host", "a..b")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "Cannot listen on a..b" in ended.err


def test_a_taken_port_is_told_in_one_line(run: Run) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = run("app", "--port", taken.getsockname()[1])
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "Try another port" in ended.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_an_interrupt_ends_with_130_and_leaves_nothing(number: signal.Signals) -> None:
    script = (
        "import signal; from assistant.cli import main;"
        # Whoever runs the tests in the background has some ignored, which a process inherits.
        "signal.signal(signal.SIGINT, signal.default_int_handler); signal.signal(signal.SIGHUP, signal.SIG_DFL);"
        "main(['probe', '--workload', 'mlp-tiny', '--only', 'tensorflow-graph', '--budget', '60'])"
    )
    # As in a terminal, where the bar is drawn while it grows.
    terminal_like = os.environ | {"FORCE_COLOR": "1", "COLUMNS": "200"}
    with subprocess.Popen(
        [sys.executable, "-c", script], env=terminal_like, stderr=subprocess.PIPE, bufsize=0
    ) as begun:
        assert begun.stderr is not None
        patience = Timer(120, begun.kill)
        patience.start()
        try:
            told = b""
            while not re.search(b"building|first step|measuring", told) and (more := begun.stderr.read(4096)):
                told += more
            # Now the machine is locked and a worker has its framework.
            assert started_by(begun.pid)
            begun.send_signal(number)
            _out, rest = begun.communicate(timeout=60)
        finally:
            patience.cancel()
            begun.kill()
    assert begun.returncode == 130, told + rest
    assert b"Traceback" not in told + rest
    assert not left_by(begun.pid)
    with FileLock(measuring_lock(), timeout=0):
        pass


def test_say_makes_one_line_of_any_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say("first\n  second")
    assert capsys.readouterr().err == "probewise: first second\n"


def test_a_server_on_another_address_may_be_called_by_it_and_by_no_other_name() -> None:
    command = server_command("192.0.2.7", 8501)
    names = [value for option, value in pairwise(command) if option == "--server.allowedHosts"]
    assert names == ["127.0.0.1", "localhost", "192.0.2.7"]
