"""What pip and uv write, in a waiting person's words, and why they fail."""

from __future__ import annotations

from pathlib import Path

import fake_uv
import pytest

from probes.errors import CreationFailed
from probes.installed import installer
from probes.installed.installer import progress, understood


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Collecting jax==0.10.2 (from -c constraints.txt (line 3))", "Looking up jax"),
        ("Collecting absl-py>=0.7 (from optax==0.2.8)", "Looking up absl-py"),
        ("Processing /wheels/jaxlib-0.10.2-cp311-cp311-manylinux_2_27_x86_64.whl", "Looking up jaxlib"),
        (
            "  Downloading jaxlib-0.10.2-cp311-cp311-manylinux_2_27_x86_64.whl (85.4 MB)",
            "Downloading jaxlib (85.4 MB)",
        ),
        ("Downloading scikit-learn (8.9MiB)", "Downloading scikit-learn (8.9MiB)"),
        ("  Using cached numpy-2.4.6-cp311-cp311-linux_x86_64.whl (16 MB)", "Taking numpy from the cache"),
        ("Installing collected packages: numpy, scipy, jax", "Unpacking 3 packages"),
        ("Prepared 7 packages in 1.53s", "Unpacking 7 packages"),
        ("Requirement already satisfied: numpy", None),
        (" Downloaded scipy", None),
        ("", None),
    ],
)
def test_a_line_of_the_installer_says_what_it_does(line: str, words: str | None) -> None:
    assert progress(line) == words


PIP_OFFLINE = """WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after \
connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: Failed to \
establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/jax/
ERROR: Could not find a version that satisfies the requirement jax==0.10.2 (from versions: none)
ERROR: No matching distribution found for jax==0.10.2"""

UV_OFFLINE = """error: Request failed after 3 retries in 8.6s
  cause: Failed to fetch: `https://index.example/simple/jax/`
  cause: error sending request for url (https://index.example/simple/jax/)
  cause: dns error
  cause: failed to lookup address information: Temporary failure in name resolution"""

UV_NO_VERSION = """error: No solution found when resolving dependencies
  cause: Because there is no version of jax==99.0 and you require jax==99.0, we can conclude that your requirements \
are unsatisfiable."""


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (PIP_OFFLINE, 1, ["there is no connection", "Check the network or the proxy"]),
        (UV_OFFLINE, 2, ["there is no connection", "Check the network or the proxy"]),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            1,
            ["disk is full"],
        ),
        ("error: Failed to install: jaxlib\n  cause: No space left on device (os error 28)", 2, ["disk is full"]),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] self signed", 1, ["certificate"]),
        ("ERROR: No matching distribution found for tensorflow==2.21.0", 1, ["no version of what is needed"]),
        (UV_NO_VERSION, 1, ["no version of what is needed", "jax==99.0"]),
        (
            "The virtual environment was not created successfully because ensurepip is not available.",
            1,
            ["python3-venv"],
        ),
        (
            "Collecting jax\nERROR: something of its own",
            1,
            ["exit code 1", "It wrote last: ERROR: something of its own"],
        ),
        ("", -9, ["signal 9"]),
    ],
)
def test_a_failure_is_told_with_what_to_do(text: str, code: int, words: list[str]) -> None:
    told = understood(text.splitlines(), code)
    assert [word for word in words if word not in told] == []
    assert "\n" not in told


def test_uv_is_used_where_it_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in fake_uv.put_on_path(tmp_path / "bin").items():
        monkeypatch.setenv(name, value)
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("numpy==2.4.6", encoding="utf-8")
    said: list[str] = []
    interpreter = installer.make_environment(tmp_path / "env", said.append)
    installer.install(interpreter, ["jax==0.10.2"], constraints, "https://index.example/simple", said.append)
    make, install = fake_uv.asked(tmp_path / "bin")
    assert (make[0], make[-1]) == ("venv", str(tmp_path / "env"))
    assert install[:4] == ["pip", "install", "--python", interpreter]
    assert install[-1] == "numpy==2.4.6"
    assert "https://index.example/simple" in install
    assert said == [f"Making an environment in {tmp_path / 'env'}", "Installing jax==0.10.2"]


def test_without_uv_venv_and_pip_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(installer.shutil, "which", lambda program: None)
    monkeypatch.setattr(installer, "_run", lambda command, say: commands.append(list(command)))
    interpreter = installer.make_environment(tmp_path / "env", lambda _sentence: None)
    installer.install(interpreter, ["jax==0.10.2"], tmp_path / "constraints.txt", None, lambda _sentence: None)
    make, install = commands
    assert make[1:3] == ["-m", "venv"]
    assert install[:4] == [str(tmp_path / "env" / "bin" / "python"), "-m", "pip", "install"]
    assert install[-3:] == ["--constraint", str(tmp_path / "constraints.txt"), "jax==0.10.2"]


def test_an_installer_that_cannot_be_started_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installer.shutil, "which", lambda program: None)
    with pytest.raises(CreationFailed, match="could not be started: No such file"):
        installer.install("/nowhere/python", ["jax"], tmp_path / "none.txt", None, lambda _sentence: None)


def test_variables_that_point_to_another_python_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX"):
        monkeypatch.setenv(name, "/elsewhere")
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/simple")
    variables = installer._variables()
    assert not {"PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX"} & variables.keys()
    assert variables["PIP_INDEX_URL"] == "https://index.example/simple"
