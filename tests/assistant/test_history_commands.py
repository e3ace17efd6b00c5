"""`probewise history`: what goes out on one machine comes in on another, and wrong input costs one line."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from assistant import history_commands
from assistant.cli import main
from probes.history.archive import unpack
from probes.store import History
from tests.runs import COLLEAGUE, LAPTOP, a_report

FIRST, LATER = a_report(), a_report(measured_at="2026-11-22T06:30:00+00:00")
THEIRS = a_report(COLLEAGUE)


@pytest.fixture(autouse=True)
def _this_machine(monkeypatch) -> None:
    monkeypatch.setattr(history_commands, "machine", lambda: LAPTOP)


@pytest.fixture
def run(capfd) -> Callable[..., tuple[int, str, str]]:
    """Runs a command: its exit code, what it printed and what it said."""

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["history", *map(str, arguments)])
        return int(ended.value.code or 0), *capfd.readouterr()

    return run


@pytest.fixture
def history() -> History:
    """Two runs of this machine and one that was imported."""
    history = History()
    history.save(FIRST)
    history.save(LATER)
    history.add([THEIRS])
    return history


def test_runs_are_listed_by_machine(run, history) -> None:
    code, out, err = run("list")
    assert (code, err) == (0, "")
    assert "0123456789abcdef  this machine" in out
    assert "fedcba9876543210\n" in out
    assert "cnn-tiny, cnn-small" in out


def test_the_list_as_json_says_whose_each_run_is(run, history) -> None:
    _code, out, _err = run("list", "--json")
    listed = json.loads(out)
    assert [(each["id"], each["imported"], each["machine"]["cpu"]) for each in listed] == [
        (1, False, "AMD EPYC"),
        (2, False, "AMD EPYC"),
        (3, True, "Apple M3"),
    ]
    assert listed[0]["networks"] == ["cnn-tiny", "cnn-small"]
    assert listed[0]["measured"] == ["jax-jit", "pytorch-eager"]
    assert listed[0]["versions"] == FIRST.versions


def test_runs_that_cannot_be_read_are_told_beside_the_others(run, history) -> None:
    with closing(sqlite3.connect(history.path, isolation_level=None)) as connection:
        connection.execute("UPDATE runs SET report = '{}' WHERE id = 1")
    code, out, err = run("list", "--json")
    assert code == 0
    assert [each["id"] for each in json.loads(out)] == [2, 3]
    assert err.count("\n") == 1
    assert "cannot read these runs" in err
    assert run("remove", 1)[0] == 0, "they can be removed"
    assert run("list")[2] == ""


def test_an_empty_history_is_no_failure(run) -> None:
    code, out, _err = run("list")
    assert code == 0
    assert "No run is kept yet" in out
    assert json.loads(run("list", "--json")[1]) == []


@pytest.mark.parametrize("name", ["runs.json", "runs.json.gz"])
def test_what_is_exported_here_is_imported_there_once(run, history, tmp_path, monkeypatch, name) -> None:
    file = tmp_path / name
    assert run("export", file)[0] == 0
    assert file.read_bytes().startswith(b"\x1f\x8b") == name.endswith(".gz")
    monkeypatch.setenv("PROBEWISE_HOME", str(tmp_path / "elsewhere"))
    code, _out, err = run("import", file)
    assert (code, err) == (0, "probewise: Added 2 runs.\n")
    assert [each.report for each in History().runs()] == [FIRST, LATER]
    assert all(each.imported for each in History().runs())
    assert run("import", file)[2] == "probewise: Added 0 runs. 2 were there already.\n"


def test_export_takes_this_machines_own_runs_unless_told(run, history, tmp_path) -> None:
    run("export", tmp_path / "own.json")
    run("export", tmp_path / "theirs.json", "--machine", COLLEAGUE.fingerprint)
    run("export", tmp_path / "all.json", "--all")
    exported = {path.stem: list(unpack(path.read_bytes())) for path in tmp_path.glob("*.json")}
    assert exported == {"own": [FIRST, LATER], "theirs": [THEIRS], "all": [FIRST, LATER, THEIRS]}


def test_own_runs_that_come_back_are_not_stored_twice(run, history, tmp_path) -> None:
    run("export", tmp_path / "all.json", "--all")
    assert "Added 0 runs. 3 were there already." in run("import", tmp_path / "all.json")[2]


def test_runs_are_removed_by_id_or_by_machine(run, history) -> None:
    assert run("remove", 1)[2] == "probewise: Removed 1 run.\n"
    assert [each.id for each in history.runs()] == [2, 3]
    assert run("remove", "--machine", COLLEAGUE.fingerprint)[0] == 0
    assert [each.report for each in history.runs()] == [LATER]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "No such file"),
        (b"", "it is no JSON"),
        (b'{"machine": 3}', "is no file of runs"),
        (b'{"format": "probewise runs", "version": 2, "runs": []}', "written by a newer Probewise"),
        (b'{"format": "probewise runs", "version": 1, "runs": [{}]}', "Run 1 in it"),
        (gzip.compress(b"a", mtime=0)[:-1], "damaged gzip"),
    ],
)
def test_a_wrong_file_gets_exit_code_2_and_one_line(run, tmp_path, content, expected) -> None:
    file = tmp_path / "runs.json"
    if content is not None:
        file.write_bytes(content)
    code, out, err = run("import", file)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert expected in err
    assert str(file) in err
    assert not History().runs()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["export"], "Missing argument"),
        (["export", "runs.csv"], "expected a name ending in .json"),
        (["export", "runs.json", "--all", "--machine", "fedcba9876543210"], "expected one of them"),
        (["export", "runs.json", "--machine", "ffff"], "no run of machine 'ffff'"),
        (["import"], "Missing argument"),
        (["remove"], "Expected the ids of runs or --machine"),
        (["remove", "1", "--machine", "fedcba9876543210"], "Expected the ids of runs or --machine"),
        (["remove", "1", "99"], "no run 99"),
        (["remove", "0"], "greater than or equal to 1"),
        (["remove", "one"], "valid integer"),
        (["remove", "--machine", "ffff"], "no run of machine 'ffff'"),
        (["forget"], "forget"),
    ],
)
def test_wrong_input_gets_exit_code_2_and_one_line_and_changes_nothing(run, history, arguments, expected) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert expected in err
    assert len(history.runs()) == 3


def test_an_existing_file_is_not_written_over(run, history, tmp_path) -> None:
    file = tmp_path / "runs.json"
    file.write_text("precious")
    code, _out, err = run("export", file)
    assert code == 2
    assert "exists already" in err
    assert file.read_text() == "precious"
    assert run("export", tmp_path / "nowhere" / "runs.json")[0] == 2


def test_nothing_to_export_is_told(run, tmp_path) -> None:
    code, _out, err = run("export", tmp_path / "runs.json")
    assert code == 2
    assert "Measure first" in err
    assert not (tmp_path / "runs.json").exists()


def test_what_fits_no_more_is_told(run, history, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("probes.history.archive.MAX_RUNS", 1)
    code, _out, err = run("export", tmp_path / "runs.json")
    assert code == 0
    assert "Wrote 1 run" in err
    assert "1 older ones did not fit" in err


@pytest.mark.parametrize("command", [["list"], ["export", "runs.json"], ["remove", "1"], ["import", "in.json"]])
def test_a_history_that_cannot_be_used_is_our_failure_in_one_line(
    run, history, tmp_path, monkeypatch, command
) -> None:
    run("export", tmp_path / "in.json")
    monkeypatch.chdir(tmp_path)
    history.path.write_bytes(b"no database at all" * 1000)
    code, out, err = run(*command)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "is damaged" in err
    assert not (tmp_path / "runs.json").exists()
