"""AMD, on Linux: the kernel's compute driver, leave to open its files, a build with ROCm, a card that ROCm knows.

On other systems AMD's cards are not looked for. From ROCm's installation pages (rocm.docs.amd.com), PyTorch's README
and JAX's installation page.
"""

from __future__ import annotations

from probes.doctor.usability.case import PYTORCH_BUILDS, Case, Remedy, Rule, hidden, not_allowed
from probes.words import _


def _tensorflow(case: Case) -> Remedy | None:
    """Only AMD's own wheels of TensorFlow have ROCm."""
    if case.facts.package != "tensorflow" or case.built:
        return None
    return Remedy(
        _("{framework} has no ROCm in it, so it does not use {gpu}.").format(
            framework=case.framework, gpu=case.accelerator
        ),
        _("Take PyTorch or JAX with ROCm, or AMD's own builds of TensorFlow: rocm.docs.amd.com"),
        "unsupported",
    )


def _no_rocm_build(case: Case) -> Remedy | None:
    if case.built:
        return None
    problem = _("{framework} is a build without ROCm, so it does not use {gpu}.").format(
        framework=case.framework, gpu=case.accelerator
    )
    if case.facts.package == "jax":
        pip = case.pip(f'"jax[rocm7-local]=={case.version}"')
        return Remedy(problem, _("Install ROCm 7, then: {pip}").format(pip=pip))
    return Remedy(problem, _("Install the ROCm build by the command that {page} gives.").format(page=PYTORCH_BUILDS))


def _no_compute_driver(case: Case) -> Remedy | None:
    if "/dev/kfd" in case.around.device_files:
        return None
    problem = _("{gpu} is in this machine, but there is no /dev/kfd, AMD's compute driver.").format(
        gpu=case.accelerator
    )
    if case.around.container:
        return Remedy(problem, _("Start the container with --device /dev/kfd --device /dev/dri."))
    return Remedy(problem, _("Install AMD's driver (amdgpu, see rocm.docs.amd.com) and restart."))


def _unknown_card(case: Case) -> Remedy | None:
    """ROCm's libraries carry code for listed cards only."""
    if not case.said("invalid device function", "no kernel image is available", "hipErrorNoBinaryForGpu"):
        return None
    return Remedy(
        _("This ROCm build of {framework} has no code for {gpu}.").format(
            framework=case.framework, gpu=case.accelerator
        ),
        _("See whether ROCm supports the card (rocm.docs.amd.com); integrated graphics mostly are not."),
    )


RULES: tuple[Rule, ...] = (
    hidden,
    _tensorflow,
    _no_rocm_build,
    _no_compute_driver,
    not_allowed,
    _unknown_card,
)
