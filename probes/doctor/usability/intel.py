"""Intel: PyTorch's XPU build, leave to open its files, Intel's compute driver.

From PyTorch's page on Intel GPUs (docs.pytorch.org, "Getting Started on Intel GPU").
"""

from __future__ import annotations

from probes.doctor.usability.case import PYTORCH_BUILDS, Case, Remedy, Rule, not_allowed
from probes.words import _


def _others_than_pytorch(case: Case) -> Remedy | None:
    """Intel's plug-in for TensorFlow ended with TensorFlow 2.15, JAX calls its own experimental."""
    if case.facts.package == "torch":
        return None
    return Remedy(
        _("{framework} does not use Intel GPUs.").format(framework=case.framework),
        _("Take PyTorch for {gpu}, in its XPU build: {page}").format(gpu=case.accelerator, page=PYTORCH_BUILDS),
        "unsupported",
    )


def _no_xpu_build(case: Case) -> Remedy | None:
    if case.built:
        return None
    return Remedy(
        _("{framework} is a build without XPU, so it does not use {gpu}.").format(
            framework=case.framework, gpu=case.accelerator
        ),
        _(
            "Install the XPU build by the command that {page} gives. It drives Arc, Core Ultra with Arc graphics and "
            "Data Center GPUs; older integrated graphics are left out."
        ).format(page=PYTORCH_BUILDS),
    )


def _no_compute_driver(case: Case) -> Remedy | None:
    if case.trials:
        return None
    return Remedy(
        _("{framework} does not see {gpu}: Intel's driver for computing is missing, or does not know it.").format(
            framework=case.framework, gpu=case.accelerator
        ),
        _("Install Intel's GPU driver: docs.pytorch.org, Getting Started on Intel GPU."),
    )


RULES: tuple[Rule, ...] = (_others_than_pytorch, _no_xpu_build, not_allowed, _no_compute_driver)
