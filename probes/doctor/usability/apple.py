"""Apple: a Python for Apple silicon, PyTorch with MPS on a macOS that has it.

PyTorch: developer.apple.com/metal/pytorch and PyTorch's notes on MPS. TensorFlow: tensorflow.org/install/pip has no
support for Apple GPUs; the plug-in tensorflow-metal 1.2.0 is of January 2025. JAX: its installation page, jax-metal.
"""

from __future__ import annotations

from probes.doctor.usability.case import Case, Remedy, Rule
from probes.words import _


def _intel_program(case: Case) -> Remedy | None:
    if not (case.around.translated or case.facts.architecture == "x86_64"):
        return None
    return Remedy(
        _("This Python is a program for Intel Macs, which cannot use {gpu}.").format(gpu=case.accelerator),
        _("Install a Python for Apple silicon (arm64) and the frameworks for it."),
    )


def _broken_metal(case: Case) -> Remedy | None:
    """The plug-in was made for TensorFlow 2.18 and fails to load with later ones, TensorFlow itself with it."""
    metal = case.facts.packages.get("tensorflow-metal")
    if metal is None:
        return None
    return Remedy(
        _("tensorflow-metal {metal} does not load with {framework}.").format(metal=metal, framework=case.framework),
        _(
            "Take PyTorch for the GPU. The processor works without it: {python} -m pip uninstall tensorflow-metal"
        ).format(python=case.interpreter),
    )


def _others_than_pytorch(case: Case) -> Remedy | None:
    if case.facts.package == "torch":
        return None
    if case.facts.package == "tensorflow":
        problem = _("{framework} has no official support for Apple GPUs.").format(framework=case.framework)
    else:
        problem = _(
            "{framework} has no working support for Apple GPUs: jax-metal had its last release in 2024."
        ).format(framework=case.framework)
    return Remedy(problem, _("Take PyTorch for {gpu}.").format(gpu=case.accelerator), "unsupported")


def _no_mps_build(case: Case) -> Remedy | None:
    if case.built:
        return None
    return Remedy(
        _("{framework} is a build without MPS, so it does not use {gpu}.").format(
            framework=case.framework, gpu=case.accelerator
        ),
        _("Install PyTorch's own build, which has it: {pip}").format(
            pip=case.pip(f"--force-reinstall torch=={case.version}")
        ),
    )


def _old_macos(case: Case) -> Remedy | None:
    if case.trials:
        return None
    return Remedy(
        _("{framework} has MPS but macOS does not offer it.").format(framework=case.framework),
        _("Update to macOS 14 or later. In a virtual machine there is no MPS."),
    )


# Asked of a framework that could not even be imported.
BREAKING: tuple[Rule, ...] = (_broken_metal,)

RULES: tuple[Rule, ...] = (_intel_program, _others_than_pytorch, _no_mps_build, _old_macos)
