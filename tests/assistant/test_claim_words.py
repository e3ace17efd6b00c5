"""What the ratios of claims are called."""

from __future__ import annotations

import pytest

from assistant import wording
from assistant.claims.words import compared, name
from knowledge.claims import RatioCheck
from knowledge.load import load

CHECKS = [claim.check for claim in load().claims.values() if isinstance(claim.check, RatioCheck)]


def test_an_installation_is_called_after_what_is_installed_and_not_after_a_mode() -> None:
    (check,) = (check for check in CHECKS if check.metric == "install_mb")
    assert compared(check) == "TensorFlow: installed size, compared with"
    # With one of its backends more is installed than with another.
    assert [name(check, each) for each in check.denominator] == ["Keras, on JAX", "Keras, on PyTorch"]


@pytest.mark.parametrize("check", [check for check in CHECKS if check.metric != "install_mb"])
def test_whatever_is_run_is_called_after_its_mode(check: RatioCheck) -> None:
    candidates = (check.numerator, *check.denominator)
    assert [name(check, each) for each in candidates] == list(map(wording.candidate_name, candidates))
