"""A worker finds only the packages of its own candidate."""

from __future__ import annotations

import subprocess
import sys

import pytest

from probes.candidates import CANDIDATES, PACKAGES, Candidate
from probes.supervisor import Worker
from probes.workloads import find_workload

# A package of the test tools stands for a framework that is installed beside another.
SCRIPT = """
import importlib.util, sys
from importlib.metadata import version
from probes.hiding import hide
hide(["pytest"])
assert importlib.util.find_spec("pytest") is None
assert "pytest" not in sys.modules
assert importlib.util.find_spec("_pytest") is not None
assert version("pytest")
try:
    import pytest.raises
except ModuleNotFoundError as error:
    print(error)
"""


def test_a_hidden_package_is_as_if_it_were_not_installed() -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert ended.stdout == "No module named 'pytest'\n"


LOADED = """
import sys
holds, figure = True, " ".join(sorted(set(sys.modules) & {"torch", "tensorflow", "jax"}))
"""


@pytest.mark.frameworks
@pytest.mark.parametrize(
    "candidate", {frozenset(each.distributions): each for each in CANDIDATES}.values(), ids=lambda each: each.id
)
def test_no_process_holds_two_packages_that_would_take_a_gpu(candidate: Candidate) -> None:
    with Worker(candidate) as worker:
        worker.import_framework(seed=0, timeout_s=120)
        worker.build(find_workload("mlp-tiny"), seed=0, timeout_s=60)
        loaded = worker.run_script(LOADED, timeout_s=20).figure.split()
    assert loaded == [package for package in PACKAGES if package in candidate.distributions]
