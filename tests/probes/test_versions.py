"""Which versions a result was measured with, and whether they are still what is installed."""

from __future__ import annotations

import pytest

from probes.candidates import CANDIDATES, DEVICE_PACKAGES
from probes.versions import present, together, unchanged

JAX = {"jax": "0.10.2", "optax": "0.2.8"}


def test_present_leaves_out_what_is_missing() -> None:
    assert present(["pytest", "no-such-package"]) == {"pytest": pytest.__version__}


def test_a_shared_package_has_the_version_that_its_own_framework_runs_with() -> None:
    told = {
        "tensorflow-graph": {"tensorflow": "2.21.0", "keras": "3.12.0"},
        "keras-tensorflow": {"keras": "3.15.0", "tensorflow": "2.20.0"},
        "keras-jax": {"keras": "3.14.0", "jax": "0.9.0"},
    }
    assert together(told) == {"jax": "0.9.0", "keras": "3.15.0", "tensorflow": "2.21.0"}
    assert together({}) == {}


@pytest.mark.parametrize(
    ("installed", "holds"),
    [
        (JAX, True),
        (JAX | {"torch": "2.13.0", "tensorflow-metal": "1.2.0"}, True),
        (JAX | {"jax": "0.10.3"}, False),
        ({"jax": "0.10.2"}, False),
        (JAX | {"jax-cuda13-plugin": "0.10.2"}, False),
        (JAX | {"libtpu": "0.0.30"}, False),
    ],
)
def test_a_result_holds_while_its_packages_and_their_devices_are_the_same(installed, holds: bool) -> None:
    assert unchanged(JAX, installed) is holds


def test_a_device_package_that_went_away_or_changed_ends_it_too() -> None:
    measured = JAX | {"jax-cuda13-plugin": "0.10.2"}
    assert unchanged(measured, measured)
    assert not unchanged(measured, JAX)
    assert not unchanged(measured, measured | {"jax-cuda13-plugin": "0.10.1"})


def test_every_package_that_computes_has_its_device_packages() -> None:
    assert {candidate.package for candidate in CANDIDATES} - {None} == DEVICE_PACKAGES.keys()
