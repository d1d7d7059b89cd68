"""What became of a plan: the answer of an apply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one step: done, failed, skipped, or left for a resume; `error` says why not.

    `told` is what a long operation came to: the status of each instance of a stack set.
    """

    step: str
    text: str
    state: str
    error: str | None = None
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """The results of a run in the order of the plan; `ids` are those it made, by reference."""

    digest: str
    results: tuple[Result, ...]
    ids: Mapping[str, str] = field(default_factory=dict)
    journal: str | None = None

    @property
    def counts(self) -> Counter[str]:
        return Counter(result.state for result in self.results)

    @property
    def complete(self) -> bool:
        """Whether every step is done."""
        return all(result.state == "done" for result in self.results)

    @property
    def summary(self) -> str:
        """`12 done, 1 failed, 3 skipped`."""
        return ", ".join(f"{n} {state}" for state, n in self.counts.items()) or "nothing to do"

    def __str__(self) -> str:
        lines = [
            f"{r.state:<7} {r.text}" + "".join(f"\n        {line}" for line in (*r.told, r.error) if line)
            for r in self.results
        ]
        return "\n".join([*lines, self.summary])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(r.state)}</td><td style='text-align:left'>{escape(r.text)}</td>"
            f"<td style='text-align:left'>{'<br>'.join(escape(line) for line in (*r.told, r.error) if line)}</td></tr>"
            for r in self.results
        )
        return f"<p>{escape(self.summary)}</p>" + (f"<table>{rows}</table>" if rows else "")

    def to_json(self) -> dict[str, Any]:
        return {
            "digest": self.digest,
            "complete": self.complete,
            "counts": dict(self.counts),
            "results": [asdict(result) for result in self.results],
            "ids": dict(self.ids),
            "journal": self.journal,
        }
