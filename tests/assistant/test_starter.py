"""Starters are complete, clean, identical for identical inputs, and say why they are what they are."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import pytest
from made_up_language import add_language, spoken
from starters import EVERY_STARTER, VERSIONS, make, name, unpack

from assistant.advice.recommendation import Choice, Flip, ForecastRow, Ranked, Reason, Recommendation
from assistant.errors import InvalidInput
from assistant.project import Project
from assistant.starter.catalogue import Starter, available, nearest, unavailable
from assistant.starter.generate import starter_zip, write_starter
from assistant.starter.requirements import pins
from probes.candidates import FRAMEWORKS
from probes.report import Accelerator, CandidateResult, Machine, ProbeReport
from probes.workloads import REFERENCE

STRICT_RULES = "E,F,W,I,B,UP,N,SIM,RET,PTH,PT,C4,PIE,RUF,ANN,PLW"
AMBIGUOUS_CHARACTERS = "RUF001,RUF002,RUF003"  # the word pattern holds Chinese characters
IMPORT_NAMES = {"scikit-learn": "sklearn", "pillow": "PIL"}
IMAGES = Project(task="image_classification")


def recommendation(tie: tuple[str, ...] = ()) -> Recommendation:
    return Recommendation(
        winner=Choice(framework="pytorch", candidate="pytorch-eager"),
        runner_up=None,
        tie=tie,
        confidence=0.82,
        frameworks={"pytorch": 0.82, "keras": 0.18},
        ranking=(
            Ranked(candidate="pytorch-eager", framework="pytorch", acceptability=0.82, score=0.7),
            Ranked(candidate="keras-jax", framework="keras", acceptability=0.18, score=0.6),
        ),
        forecast=(ForecastRow(candidate="pytorch-eager", epoch_seconds=400.0, memory_mb=900.0, evidence="forecast"),),
        reasons=(
            Reason(text="1.6 times faster than Keras here", evidence="measured", source="image-small"),
            Reason(text="Odd | text {{ 7 * 7 }}\nwith `markup` and <b>lines</b>", evidence="you", source="goal"),
        ),
        flips=(),
        unknown=(),
    )


def report(**changes: object) -> ProbeReport:
    machine = Machine(
        fingerprint="f",
        operating_system="linux",
        platform="linux",
        python="3.11.7",
        cpu="AMD EPYC",
        physical_cores=2,
        logical_cores=2,
        memory_gb=24.0,
    )
    measured = CandidateResult(
        candidate="pytorch-eager",
        status="ok",
        step_ms=3.21,
        step_ms_low=3.1,
        step_ms_high=3.4,
        first_step_s=0.05,
        memory_mb=412.0,
    )
    failed = CandidateResult(candidate="jax-jit", status="failed", error="Ran out of memory.\nUse a smaller batch.")
    record = ProbeReport(
        machine=machine,
        versions=VERSIONS,
        workload=next(iter(REFERENCE.values())),
        candidates=(measured, failed),
        seconds=41.0,
        measured_at="2026-11-20T10:00:00+00:00",
    )
    return record.model_copy(update=changes)


def readme(made: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        (path,) = (path for path in archive.namelist() if path.endswith("/README.md"))
        return archive.read(path).decode()


def other_files(made: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        return {path: archive.read(path) for path in archive.namelist() if not path.endswith("/README.md")}


def lint(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            *command,
            "--isolated",
            "--line-length",
            "120",
            "--target-version",
            "py311",
            ".",
        ],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("starter", EVERY_STARTER, ids=name)
def test_every_starter_is_complete_and_clean(starter: Starter, tmp_path: Path) -> None:
    root = unpack(make(starter), tmp_path)
    assert root.name == f"{starter.task}-{starter.framework}".replace("_", "-")

    modules = {"data.py", "evaluate.py", "metrics.py", "model.py", "train.py"}
    modules |= {"backend.py"} if starter.framework == "keras" else set()
    modules |= {"features.py"} if starter.framework != "scikit-learn" else set()
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    sample = {file for file in files if file.startswith("sample/")}
    assert files - sample == modules | {"README.md", "pytest.ini", "requirements.txt", "tests/test_training.py"}
    assert "sample/SOURCE.md" in sample
    assert len(sample) == (1001 if starter.kind == "image" else 2)

    _text, advice = (root / "README.md").read_text(encoding="utf-8").split("## What to change next")
    code = "".join((root / file).read_text(encoding="utf-8") for file in files if file.endswith(".py"))
    assert {named for named in re.findall(r"`([A-Z_]{2,})`", advice) if named not in code} == set()

    checked = lint(root, "check", "--select", STRICT_RULES, "--ignore", AMBIGUOUS_CHARACTERS)
    assert checked.returncode == 0, checked.stdout
    formatted = lint(root, "format", "--diff")
    assert formatted.returncode == 0, formatted.stdout
    for file in files:
        assert file.endswith(".png") or "{%" not in (root / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("starter", EVERY_STARTER, ids=name)
def test_a_starter_imports_only_itself_and_what_it_pins(starter: Starter, tmp_path: Path) -> None:
    root = unpack(make(starter), tmp_path)
    pinned = {line.split("==")[0] for line in (root / "requirements.txt").read_text().splitlines() if "==" in line}
    allowed = sys.stdlib_module_names | {path.stem for path in root.glob("*.py")} | {"pytest"}
    allowed |= {IMPORT_NAMES.get(distribution, distribution) for distribution in pinned}
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert {each.split(".")[0] for each in names} <= allowed, path.name


def test_identical_inputs_give_an_identical_zip() -> None:
    first, second = (
        starter_zip(IMAGES, recommendation(), framework="pytorch", versions=VERSIONS, report=report())
        for _ in range(2)
    )
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.namelist() == sorted(archive.namelist())
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
    assert len(first) < 400_000


def test_making_a_starter_disturbs_no_other_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the working directory nor a child process: both would be felt by probes and other downloads."""

    def refuse(*arguments: object, **_: object) -> None:
        raise AssertionError(arguments)

    monkeypatch.setattr(os, "chdir", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    starter_zip(IMAGES, None, framework="pytorch", versions=VERSIONS)


def test_several_starters_can_be_made_at_once() -> None:
    starters = [starter for starter in EVERY_STARTER if starter.framework == "keras"]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(make.__wrapped__, starters))
    assert together == [make(starter) for starter in starters]


def test_measured_versions_are_pinned_without_their_build(tmp_path: Path) -> None:
    root = unpack(make(Starter("image_classification", "pytorch")), tmp_path)
    lines = (root / "requirements.txt").read_text().splitlines()
    assert lines[0] == "torch==2.13.0"
    assert [line.split("==")[0] for line in lines[:3]] == ["torch", "numpy", "pillow"]
    assert all("not measured" in line for line in lines[1:3])


def test_what_reads_the_data_is_left_to_pip_beside_a_framework_of_another_environment(tmp_path: Path) -> None:
    zipped = starter_zip(IMAGES, None, framework="pytorch", versions={"torch": "2.4.0"})
    lines = (unpack(zipped, tmp_path) / "requirements.txt").read_text().splitlines()
    assert lines[:3] == ["torch==2.4.0", *(f"{name}  # not measured: whichever fits" for name in ("numpy", "pillow"))]


@pytest.mark.parametrize("version", ["of today", None])
def test_a_version_beside_us_that_is_none_is_told_in_a_sentence_or_not_needed(monkeypatch, version) -> None:
    monkeypatch.setattr(metadata, "version", lambda _distribution: version)
    starter = Starter("image_classification", "pytorch")
    with pytest.raises(InvalidInput, match="The version of torch"):
        pins(starter, {})
    assert [pin.line for pin in pins(starter, {"torch": "2.4.0"})] == ["torch==2.4.0", "numpy", "pillow"]


def test_keras_pins_the_backend_it_runs_on(tmp_path: Path) -> None:
    root = unpack(make(Starter("text_classification", "keras", "jax")), tmp_path)
    requirements = (root / "requirements.txt").read_text()
    assert "keras==3.15.1\njax==0.10.2\n" in requirements
    assert "tensorflow" not in requirements
    assert '"KERAS_BACKEND", "jax"' in (root / "backend.py").read_text()


def test_a_version_that_is_none_is_refused_in_one_line() -> None:
    for version in ("", "2.13\nevil", "latest", "2.13; import os"):
        with pytest.raises(InvalidInput, match="release number"):
            starter_zip(IMAGES, None, framework="pytorch", versions={"torch": version})


def test_the_readme_states_the_recommendation_with_its_evidence() -> None:
    text = readme(starter_zip(IMAGES, recommendation(), framework="pytorch", versions=VERSIONS, report=report()))
    assert "is recommended, 82 % sure." in text
    assert "- 1.6 times faster than Keras here (measured, image-small)" in text
    assert "About 6 min 40 s per epoch" in text
    assert "Measured 2026-11-20 on 2 cores (AMD EPYC), 24 GB, no GPU" in text
    assert "| 3.2 ms (3.1 ms to 3.4 ms) | 50 ms | 410 MB |" in text
    assert "| Ran out of memory. Use a smaller batch. | \\- | \\- |" in text


def test_the_readme_names_the_questions_whose_answers_would_change_it() -> None:
    rows = {"field": "dataset_rows", "from": 1_000, "to": 100_000}
    flips = (Flip.model_validate({**rows, "winner": "jax"}),)
    told = recommendation().model_copy(update={"flips": flips})
    text = readme(starter_zip(IMAGES, told, framework="pytorch", versions=VERSIONS))
    assert '- "How many photos do you have?" 100,000 instead of 1,000: JAX' in text


def test_the_readme_is_in_the_language_of_its_reader_and_the_code_in_english(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    words = {
        "Your own data": "Eigene Daten",
        "You said yours have {side}; the sample needs only 16.": "Du sagtest {side}; die Probe braucht nur 16.",
        "measured": "gemessen",
        "{reason} ({badge}, {source})": "{reason} ({badge}: {source})",
    }
    add_language(monkeypatch, tmp_path, "de", words)
    project = Project(task="image_classification", input_size=224)
    made = []
    for language in ("en", "de", "de"):
        with spoken(language):
            made.append(starter_zip(project, recommendation(), framework="pytorch", versions=VERSIONS))
    english, german, again = made
    assert german == again
    assert "## Eigene Daten\n" in readme(german)
    assert "Du sagtest 224; die Probe braucht nur 16.\n" in readme(german)
    assert "- 1.6 times faster than Keras here (gemessen: image-small)\n" in readme(german)
    assert other_files(german) == other_files(english)


def test_text_from_elsewhere_stays_text() -> None:
    text = readme(starter_zip(IMAGES, recommendation(), framework="pytorch", versions=VERSIONS))
    assert r"- Odd \| text {{ 7 * 7 }} with \`markup\` and \<b\>lines\</b\> (you)".replace("7 * 7", r"7 \* 7") in text


def test_the_readme_says_when_another_framework_was_recommended() -> None:
    text = readme(starter_zip(IMAGES, recommendation(), framework="keras", backend="jax", versions=VERSIONS))
    assert "You chose Keras, the best choice in 18 % of plausible cases." in text
    assert "82 % sure" in text


def test_the_readme_shows_a_tie_as_a_tie() -> None:
    advice = recommendation(tie=("pytorch", "keras"))
    text = readme(starter_zip(IMAGES, advice, framework="keras", versions=VERSIONS))
    assert "PyTorch and Keras are equally good here" in text


def test_the_readme_says_that_nothing_was_measured_or_recommended() -> None:
    text = readme(starter_zip(IMAGES, None, framework="pytorch", versions=VERSIONS))
    assert "no recommendation was asked for" in text
    assert "Nothing was measured for this starter." in text


def test_a_contended_measurement_is_not_passed_off_as_a_good_one() -> None:
    made = starter_zip(IMAGES, None, framework="pytorch", versions=VERSIONS, report=report(contended=True))
    assert "do not trust small differences" in readme(made)


def test_an_nvidia_gpu_is_told_how_to_be_used() -> None:
    gpu = Accelerator(kind="nvidia", name="NVIDIA H200")
    machine = report().machine.model_copy(update={"accelerators": (gpu,)})
    made = starter_zip(IMAGES, None, framework="tensorflow", versions=VERSIONS, report=report(machine=machine))
    assert "tensorflow[and-cuda]" in readme(made)


def test_own_sizes_reach_the_code(tmp_path: Path) -> None:
    project = Project(task="image_classification", input_size=224)
    root = unpack(starter_zip(project, None, framework="pytorch", versions=VERSIONS), tmp_path)
    assert "224 for the images you described" in (root / "features.py").read_text()


def test_values_that_skipped_validation_are_refused() -> None:
    forged = Project.model_construct(task="image_classification", input_size="16; import os")
    with pytest.raises(InvalidInput, match="input_size"):
        starter_zip(forged, None, framework="pytorch", versions=VERSIONS)


@pytest.mark.parametrize(
    ("task", "framework", "backend", "expected"),
    [
        ("image_classification", "caffe", None, "Unknown framework 'caffe'"),
        ("image_classification", "../keras", None, "Unknown framework"),
        ("image_classification", "keras", "theano", "Unknown backend 'theano'"),
        ("image_classification", "pytorch", "jax", "only keras has backends"),
        ("image_classification", "scikit-learn", None, "no starter in scikit-learn yet. The nearest is Keras"),
        ("object_detection", "pytorch", None, "There are starters for"),
        (None, "pytorch", None, "needs to know the task"),
    ],
)
def test_what_there_is_no_starter_for_is_told_in_one_line(
    task: str | None, framework: str, backend: str | None, expected: str
) -> None:
    project = Project.model_validate({"task": task})
    with pytest.raises(InvalidInput, match=expected) as raised:
        starter_zip(project, None, framework=framework, backend=backend, versions=VERSIONS)
    assert "\n" not in str(raised.value)


def test_the_nearest_starter_exists_wherever_one_is_named() -> None:
    for task in ("tabular_classification", "image_classification", "text_classification", "object_detection", None):
        for framework in FRAMEWORKS:
            offered = nearest(task, framework)
            assert offered is None or available(offered.task, offered.framework)
            assert (unavailable(task, framework) == "") == available(task, framework)


def test_what_renders_is_loaded_in_the_background_and_only_when_wanted() -> None:
    script = (
        "import sys, threading; from assistant.starter import generate;"
        "assert 'copier' not in sys.modules, 'loaded at once';"
        "thread = generate.warm_up(); assert thread is not threading.main_thread(); thread.join();"
        "assert generate.RENDERING in sys.modules and 'copier' in sys.modules;"
        "assert generate.warm_up() is thread, 'loaded twice';"
        "print(*sorted({'torch', 'tensorflow', 'keras', 'jax'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.strip()) == (0, ""), ended.stderr


def test_a_starter_is_written_as_a_folder_or_a_zip(tmp_path: Path) -> None:
    folder = write_starter(IMAGES, None, framework="pytorch", versions=VERSIONS, output=tmp_path / "new" / "mine")
    archive = write_starter(IMAGES, None, framework="pytorch", versions=VERSIONS, output=tmp_path / "mine.zip")
    assert (folder / "train.py").is_file()
    assert archive.read_bytes() == make(Starter("image_classification", "pytorch"))
    assert {path.name for path in tmp_path.iterdir()} == {"new", "mine.zip"}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["mine"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    write_starter(IMAGES, None, framework="pytorch", versions=VERSIONS, output=tmp_path)
    assert (tmp_path / "train.py").is_file()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    (tmp_path / "mine.zip").write_text("keep")
    for output in (tmp_path / "mine", tmp_path / "mine.zip", tmp_path / "mine" / "notes.txt"):
        with pytest.raises(InvalidInput, match="Choose another"):
            write_starter(IMAGES, None, framework="pytorch", versions=VERSIONS, output=output)
    assert (tmp_path / "mine.zip").read_text() == "keep"
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]


def test_a_place_that_cannot_be_written_is_told_and_left_clean(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="Cannot write"):
        write_starter(IMAGES, None, framework="pytorch", versions=VERSIONS, output=tmp_path / "file" / "mine")
    with pytest.raises(InvalidInput, match="Unknown framework"):
        write_starter(IMAGES, None, framework="caffe", versions=VERSIONS, output=tmp_path / "new" / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
