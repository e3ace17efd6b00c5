from __future__ import annotations

import pytest
import streamlit as st

from assistant.views import measuring, standing
from probes.report import Accelerator, Machine
from tests.assistant.visits import StandIn, StoppedClock


@pytest.fixture(scope="session")
def laptop() -> Machine:
    """A Linux machine without an accelerator."""
    return Machine(
        fingerprint="0" * 16,
        operating_system="linux",
        platform="Linux",
        python="3.12.4",
        cpu="a processor",
        physical_cores=4,
        logical_cores=8,
        memory_gb=16,
    )


@pytest.fixture(scope="session")
def workstation(laptop: Machine) -> Machine:
    """The same with an NVIDIA GPU."""
    gpu = Accelerator(kind="nvidia", name="a GPU", memory_gb=24)
    return laptop.model_copy(update={"accelerators": (gpu,)})


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """In place of every probe session of the views, at one moment."""
    # To Streamlit's tests all visits are one session.
    st.cache_resource.clear()
    session = StandIn()
    monkeypatch.setattr(measuring, "ProbeSession", session)
    monkeypatch.setattr(standing, "datetime", StoppedClock)
    return session
