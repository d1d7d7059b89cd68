"""How long the rest of a run takes: what AWS's rates allow at best, and what the steps took so far."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from orgkit.cloud import Target
from orgkit.provision.planning.duration import AT_A_TIME, CREATION_SECONDS
from orgkit.provision.planning.steps import Step

# Less than this needs no words.
_WORTH_SAYING = 5.0


class TimeLeft:
    """Counts the steps of a run as they end; the estimate follows how long they took."""

    def __init__(self, steps: Iterable[Step], target: Target) -> None:
        self._clock = target.clock
        self._rates = target.pace.rates
        self._left = Counter(step.operation.partition(":")[2] for step in steps)
        self._total = self._left.total()
        self._start = self._clock.time()
        self._ended = 0
        self._creations: list[float] = []
        # Before the first account is there, AWS's usual time stands for it where calls are paced as on AWS.
        self._creation = sum(CREATION_SECONDS) / 2 if self._rates else 0.0

    def ended(self, step: Step, seconds: float) -> None:
        """Count a step that ended after so many seconds."""
        operation = step.operation.partition(":")[2]
        self._left[operation] -= 1
        self._ended += 1
        if operation == "CreateAccount":
            self._creations.append(seconds)

    def skipped(self, step: Step) -> None:
        """Count a step that is not going to be carried out."""
        self._left[step.operation.partition(":")[2]] -= 1

    def paused(self, seconds: float) -> None:
        """Leave out seconds in which nothing was to be done."""
        self._start += seconds

    @property
    def seconds(self) -> float:
        """The estimate for what is left."""
        left = self._left.total()
        if left <= 0:
            return 0.0
        paced = max(
            (count / self._rates[name].per_second for name, count in self._left.items() if name in self._rates),
            default=0.0,
        )
        mean = sum(self._creations) / len(self._creations) if self._creations else self._creation
        creating = self._left["CreateAccount"] / AT_A_TIME * mean
        at_this_speed = (self._clock.time() - self._start) / self._ended * left if self._ended else 0.0
        return max(paced, creating, at_this_speed)

    def __str__(self) -> str:
        return in_words(self.seconds)


def in_words(seconds: float) -> str:
    """`about 3 min left`; nothing where that is not worth saying."""
    if seconds < _WORTH_SAYING:
        return ""
    if seconds < 90:
        return f"about {seconds:.0f} s left"
    return f"about {seconds / 60:.0f} min left" if seconds < 5400 else f"about {seconds / 3600:.1f} h left"
