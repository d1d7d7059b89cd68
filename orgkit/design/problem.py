"""A problem: what is wrong with a design, where, how much it matters, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Final, Literal, overload

Severity = Literal["error", "warning", "note"]
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding. `code` is stable and kebab-case; `node` is the id of the entity concerned, where there is one.

    error: AWS refuses it, or it does not do what it says; warning: it probably does not mean what was meant; note:
    worth knowing. `where` is for people: file:line:column and path. `fix` says how to mend it.
    """

    code: str
    severity: Severity
    where: str
    message: str
    fix: str = ""
    node: str | None = None
    source: str = ""  # the page a rule comes from

    def __str__(self) -> str:
        fix = f"\n    {self.fix}" if self.fix else ""
        return f"{self.severity:<7} {self.where}: {self.message} [{self.code}]{fix}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


_RANK: Final = {severity: number for number, severity in enumerate(SEVERITIES)}


def _order(problem: Problem) -> tuple[int, str, str, str, str]:
    return _RANK[problem.severity], problem.where, problem.code, problem.message, problem.node or ""


class Problems(Sequence[Problem]):
    """Findings in order of severity, then place; shows itself in a notebook."""

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        self._problems = tuple(sorted(problems, key=_order))

    @overload
    def __getitem__(self, index: int) -> Problem: ...
    @overload
    def __getitem__(self, index: slice) -> Problems: ...
    def __getitem__(self, index: int | slice) -> Problem | Problems:
        return Problems(self._problems[index]) if isinstance(index, slice) else self._problems[index]

    def __len__(self) -> int:
        return len(self._problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._problems)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Problems) and self._problems == other._problems

    def __hash__(self) -> int:
        return hash(self._problems)

    def at_least(self, severity: Severity) -> Problems:
        """Those as severe as this, or more."""
        wanted = SEVERITIES[: SEVERITIES.index(severity) + 1]
        return Problems(p for p in self._problems if p.severity in wanted)

    def __str__(self) -> str:
        if not self._problems:
            return "no problems"
        return "\n".join(map(str, self._problems)) + f"\n{self.summary}"

    __repr__ = __str__

    @property
    def summary(self) -> str:
        """`2 errors, 1 warning`, or `no problems`."""
        counts = [(s, sum(p.severity == s for p in self._problems)) for s in SEVERITIES]
        return ", ".join(f"{n} {s}{'' if n == 1 else 's'}" for s, n in counts if n) or "no problems"

    def _repr_html_(self) -> str:
        left = "style='text-align:left;vertical-align:top'"
        rows = "".join(
            f"<tr><td {left}><b>{escape(p.severity)}</b></td>"
            f"<td {left}>{escape(p.message)}<br><em>{escape(p.fix)}</em><br>"
            f"<small>{escape(p.where)} · <code>{escape(p.code)}</code></small></td></tr>"
            for p in self._problems
        )
        return f"<p>{escape(self.summary)}</p>" + (f"<table>{rows}</table>" if rows else "")

    def to_json(self) -> list[dict[str, Any]]:
        return [p.to_json() for p in self._problems]
