"""The time that a campaign lives in, and what the machine does meanwhile: the real ones, or those of a replay."""

from __future__ import annotations

import selectors
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from probes.campaign.disturbances import Conditions
from probes.member import Member
from probes.statistics import CpuClock
from probes.supervisor import LIVENESS_CHECK_S


class Clock:
    """The real time of this machine."""

    def now(self) -> float:
        """Seconds since some moment in the past; never goes back."""
        return time.monotonic()

    def cpu(self) -> CpuClock:
        """How busy all cores have been until now."""
        return CpuClock.read()

    def conditions(self) -> Conditions:
        """What else may disturb a measurement now."""
        return Conditions.read()

    def first_to_answer(self, members: Sequence[Member], timeout_s: float) -> Sequence[Member]:
        """Those that have answered or ended, so that asking them need not wait; none after `timeout_s`."""
        deadline = Deadline.after(timeout_s, self)
        with selectors.DefaultSelector() as selector:
            for member in members:
                # Who is closed by another thread between the two has ended.
                with suppress(ValueError, OSError):
                    if member.alive:
                        selector.register(member, selectors.EVENT_READ)
            while True:
                left_s = deadline.left_s
                heard = {key.fileobj for key, _ in selector.select(min(left_s, LIVENESS_CHECK_S))}
                first = [each for each in members if not each.alive or (each in heard and each.has_answered())]
                if first or not left_s:
                    return first


@dataclass(frozen=True)
class Deadline:
    """A moment of a clock."""

    at: float
    clock: Clock

    @staticmethod
    def after(seconds: float, clock: Clock) -> Deadline:
        """The moment in so many seconds."""
        return Deadline(clock.now() + seconds, clock)

    @property
    def left_s(self) -> float:
        """Seconds until then, 0 when it is past."""
        return max(self.at - self.clock.now(), 0.0)

    def within(self, seconds: float) -> Deadline:
        """A moment in so many seconds, of the same clock."""
        return Deadline.after(seconds, self.clock)

    def share(self, parts: int) -> Deadline:
        """An earlier deadline that leaves equal time for `parts - 1` more like it."""
        return self.within(self.left_s / parts)
