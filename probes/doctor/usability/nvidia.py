"""NVIDIA: a driver that answers, a build with CUDA, a driver and a card that are new enough for it, all libraries.

Drivers: docs.nvidia.com/deploy/cuda-compatibility, minor version compatibility. Cards: pytorch/pytorch issue 190385
(CUDA 13 has no code for architectures before 7.5). Windows: tensorflow.org/install/pip and JAX's installation page.
"""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import InvalidVersion, Version

from probes.doctor.usability.case import PYTORCH_BUILDS, Case, Remedy, Rule, hidden
from probes.words import _, sentences

# The least driver of each CUDA release family.
LEAST_DRIVER = {11: 450, 12: 525, 13: 580}

# The least compute capability that CUDA 13 makes code for (Turing).
CUDA_13_CAPABILITY = Version("7.5")

LAST_TENSORFLOW_ON_WINDOWS = "2.10"


def cuda_family(driver: str | None, capabilities: list[str]) -> int | None:
    """The newest CUDA family, 12 or 13, whose builds this driver and these cards can run; None where neither can."""
    old_card = any(Version(capability) < CUDA_13_CAPABILITY for capability in capabilities)
    families = (12,) if old_card else (13, 12)
    branch = driver_branch(driver)
    return next((family for family in families if branch is None or branch >= LEAST_DRIVER[family]), None)


def driver_branch(driver: str | None) -> int | None:
    """580 for `580.95.05`; None where it is not known."""
    try:
        return Version(driver or "").major
    except InvalidVersion:
        return None


def _no_driver(case: Case) -> Remedy | None:
    """The card is on the bus, but nothing answers for it."""
    if case.around.of("nvidia"):
        return None
    nvml = (case.around.nvml or "").rstrip(".")
    if "version mismatch" in nvml:
        return Remedy(
            _("The driver of {gpu} was updated, but the old one is still loaded ({nvml}).").format(
                gpu=case.accelerator, nvml=nvml
            ),
            _("Restart the machine."),
        )
    if "lost" in nvml or "restart" in nvml:
        return Remedy(
            _("{gpu} has stopped answering ({nvml}).").format(gpu=case.accelerator, nvml=nvml),
            _("Restart the machine. If it happens again, look at its power supply and cooling."),
        )
    if case.around.container:
        return Remedy(
            _("{gpu} is in this machine, but this container was not given it.").format(gpu=case.accelerator),
            _("Install the NVIDIA Container Toolkit on the host and start the container with --gpus all."),
        )
    return Remedy(
        _("{gpu} is in this machine, but no NVIDIA driver answers for it ({nvml}).").format(
            gpu=case.accelerator, nvml=nvml
        ),
        _(
            "Install NVIDIA's driver, version {least} or newer, and restart; on Ubuntu: sudo ubuntu-drivers install"
        ).format(least=LEAST_DRIVER[13]),
    )


def _windows(case: Case) -> Remedy | None:
    """TensorFlow and JAX have no CUDA for Windows itself; PyTorch has."""
    if case.around.operating_system != "windows" or case.facts.package == "torch":
        return None
    if case.facts.package == "tensorflow":
        problem = _("{framework} cannot use {gpu} on Windows: the last TensorFlow that could was {last}.").format(
            framework=case.framework, gpu=case.accelerator, last=LAST_TENSORFLOW_ON_WINDOWS
        )
    else:
        problem = _("{framework} does not use NVIDIA GPUs on Windows.").format(framework=case.framework)
    return Remedy(
        problem, _("Run it under WSL2, where it can: wsl --install. Or take PyTorch, which can on Windows too.")
    )


def _processor_build(case: Case) -> Remedy | None:
    """The installed build has no CUDA in it."""
    if case.built:
        return None
    problem = _("{framework} is a build without CUDA, so it does not use {gpu}.").format(
        framework=case.framework, gpu=case.accelerator
    )
    return Remedy(problem, _install_cuda_build(case))


def _install_cuda_build(case: Case) -> str:
    if case.around.operating_system == "windows":
        return _("Install a build with CUDA by the command that {page} gives.").format(page=PYTORCH_BUILDS)
    return _("Make an environment that has one: {create}, or put it into this one: {pip}").format(
        create=case.environment_command, pip=case.pip(_cuda_requirement(case))
    )


def _cuda_requirement(case: Case) -> str:
    if case.facts.package == "torch":
        return f"--force-reinstall torch=={case.version}"
    if case.facts.package == "tensorflow":
        return f'"tensorflow[and-cuda]=={case.version}"'
    return f'"jax[cuda{_best_family(case)}]=={case.version}"'


def _best_family(case: Case) -> int:
    return cuda_family(_driver(case), list(_capabilities(case))) or 12


def _old_driver(case: Case) -> Remedy | None:
    """The build's CUDA needs a newer driver than there is."""
    family, driver = _built_family(case), _driver(case)
    branch = driver_branch(driver)
    too_old = branch is not None and family in LEAST_DRIVER and branch < LEAST_DRIVER[family]
    if not (too_old or case.said("driver on your system is too old", "driver version is insufficient")):
        return None
    least = LEAST_DRIVER.get(family or 13, LEAST_DRIVER[13])
    problem = _(
        "{framework} is built for CUDA {family}, which needs driver {least} or newer; here is {driver}."
    ).format(framework=case.framework, family=family or "", least=least, driver=driver or _("an older one"))
    update = _("Update NVIDIA's driver in Windows.") if case.around.wsl else _("Update NVIDIA's driver.")
    return Remedy(problem, sentences(update, *_older_build(case)))


def _old_card(case: Case) -> Remedy | None:
    """CUDA 13 has no code for cards before Turing."""
    old = [each for each in _capabilities(case) if Version(each) < CUDA_13_CAPABILITY]
    if not old or _built_family(case) != 13:
        return None
    problem = _(
        "{framework} is built for CUDA 13, which needs compute capability 7.5 or newer; {gpu} has {has}."
    ).format(framework=case.framework, gpu=case.accelerator, has=", ".join(dict.fromkeys(old)))
    return Remedy(problem, sentences(*_older_build(case)) or _("Train on a newer card, or on the processor."))


def _older_build(case: Case) -> Iterator[str]:
    """Where a build of an older CUDA family would do, how to get it."""
    if cuda_family(_driver(case), list(_capabilities(case))) != 12:
        return
    if case.facts.package == "torch":
        yield _("A build for CUDA 12 would do: see pytorch.org/get-started/previous-versions.")
    if case.facts.package == "jax":
        yield _("A build for CUDA 12 would do: {pip}").format(pip=case.pip(f'"jax[cuda12]=={case.version}"'))


def _missing_libraries(case: Case) -> Remedy | None:
    """The driver is there, but not all of CUDA's own libraries, or not in the right version."""
    if not case.said(
        "Cannot dlopen some GPU libraries",
        "Unable to use CUDA because of the following issues",
        "CUDA version check failed",
        "Is it installed?",
        "installation found. Version JAX was built against",
        "cannot open shared object file",
    ):
        return None
    problem = _("{framework} does not find all CUDA libraries that it needs for {gpu}.").format(
        framework=case.framework, gpu=case.accelerator
    )
    return Remedy(
        problem,
        _("See that LD_LIBRARY_PATH names no other CUDA, and install them: {pip}").format(
            pip=case.pip(f"--upgrade {_cuda_requirement(case)}")
        ),
    )


def _no_compute_library(case: Case) -> Remedy | None:
    """The driver answers, but its library for computing (libcuda) is not found."""
    if not case.said("Found no NVIDIA driver on your system", "Could not find cuda drivers"):
        return None
    problem = _(
        "The driver of {gpu} answers, but {framework} does not find its library for computing, libcuda."
    ).format(gpu=case.accelerator, framework=case.framework)
    if case.around.wsl:
        return Remedy(
            problem,
            _("Windows brings it: let LD_LIBRARY_PATH name /usr/lib/wsl/lib, and install no Linux driver in WSL2."),
        )
    if case.around.container:
        return Remedy(problem, _("Start the container with NVIDIA_DRIVER_CAPABILITIES=compute,utility."))
    return Remedy(
        problem, _("Install the driver's compute package; on Debian and Ubuntu it is called libnvidia-compute.")
    )


def _fabric_manager(case: Case) -> Remedy | None:
    """Cards behind an NVSwitch wait for NVIDIA's fabric manager (CUDA error 802)."""
    if not case.said("system not yet initialized"):
        return None
    return Remedy(
        _("{gpu} waits for the fabric manager, which does not run.").format(gpu=case.accelerator),
        _("Start it, in the driver's version: sudo systemctl enable --now nvidia-fabricmanager"),
    )


def _confused_driver(case: Case) -> Remedy | None:
    """The driver is loaded but cannot start (CUDA errors 3, 803 and 999)."""
    if not case.said("CUDA unknown error", "unsupported display driver / cuda driver combination", "(999)"):
        return None
    return Remedy(
        _("The driver of {gpu} is loaded but cannot start computing.").format(gpu=case.accelerator),
        _("Restart the machine. After a suspend this is enough: sudo rmmod nvidia_uvm && sudo modprobe nvidia_uvm"),
    )


def _full_memory(case: Case) -> Remedy | None:
    if not case.said("out of memory", "CUDA_ERROR_OUT_OF_MEMORY", "RESOURCE_EXHAUSTED"):
        return None
    return Remedy(
        _("The memory of {gpu} is taken by other programs.").format(gpu=case.accelerator),
        _("End them, then try again; nvidia-smi lists them."),
    )


def _unknown_card(case: Case) -> Remedy | None:
    if not case.said("no kernel image is available", "is not compatible with the current PyTorch installation"):
        return None
    return Remedy(
        _("{framework} has no code for {gpu}.").format(framework=case.framework, gpu=case.accelerator),
        _("Install a newer release of it, or one that still knows this card: {page}").format(page=PYTORCH_BUILDS),
    )


def _built_family(case: Case) -> int | None:
    """The CUDA family of the build: of PyTorch and TensorFlow itself, of JAX its plug-in's."""
    if case.facts.package == "jax":
        return next((family for family in LEAST_DRIVER if f"jax-cuda{family}-plugin" in case.facts.packages), None)
    try:
        return Version(case.facts.built_for.get("cuda", "")).major
    except InvalidVersion:
        return None


def _driver(case: Case) -> str | None:
    return next((each.driver for each in case.around.of("nvidia")), None)


def _capabilities(case: Case) -> Iterator[str]:
    return (each.compute_capability for each in case.around.of("nvidia") if each.compute_capability)


# Asked of a framework that could not even be imported.
BREAKING: tuple[Rule, ...] = (_missing_libraries,)

RULES: tuple[Rule, ...] = (
    hidden,
    _no_driver,
    _windows,
    _processor_build,
    _old_driver,
    _old_card,
    _full_memory,
    _unknown_card,
    _missing_libraries,
    _no_compute_library,
    _fabric_manager,
    _confused_driver,
)
