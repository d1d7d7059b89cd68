"""The answer of a drift: each difference with its side, to be adopted into the design or reverted by a plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Any, Final

from orgkit.design import Account, Organization, Policy, Problems
from orgkit.errors import InputError, Refused, UnknownName
from orgkit.provision.planning.match import ou_paths
from orgkit.provision.planning.plan import Plan

# Which side was changed since the last apply.
DESIGN, LIVE, BOTH, UNKNOWN = "design", "live", "both", "unknown"
TITLES: Final = {
    LIVE: "changed live, behind the design's back",
    BOTH: "changed on both sides",
    DESIGN: "changed in the design, not applied yet",
    UNKNOWN: "different; without a journal nobody knows which side changed",
}
# Kinds of differences that are no step of a plan.
EXTRA, STATE = "extra", "state"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: its place, what is live in words, and the side that changed (design, live, both, unknown).

    `steps` are the ids of the steps that would revert it, `mends` their words; `node` what only the live side has.
    """

    number: int
    kind: str
    place: str
    text: str
    side: str
    steps: tuple[str, ...] = ()
    mends: tuple[str, ...] = ()
    node: str | None = None

    def __str__(self) -> str:
        return self.text

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "kind": self.kind,
            "place": self.place,
            "text": self.text,
            "side": self.side,
            "steps": list(self.steps),
            "mends": list(self.mends),
        }


Which = Difference | int


@dataclass(frozen=True, repr=False)
class Drift:
    """How the live organization differs from the design; true where it does.

    `unmanaged` is what the design does not mention and nobody added since the last apply, `held` what a plan would not
    carry out, `unknown` what the caller may not read. `compared` says whether there was a last apply to compare with.
    """

    differences: tuple[Difference, ...]
    unmanaged: Problems
    held: Problems
    unknown: tuple[str, ...]
    applied_at: float | None
    compared: bool
    design: Organization = field(compare=False)
    pinned: Organization = field(compare=False)
    live: Organization = field(compare=False)
    plan: Plan = field(compare=False)

    def __bool__(self) -> bool:
        return bool(self.differences)

    def __len__(self) -> int:
        return len(self.differences)

    def __iter__(self) -> Iterator[Difference]:
        return iter(self.differences)

    def __getitem__(self, number: int) -> Difference:
        """The difference of this number, counted from 1 as it is shown."""
        for one in self.differences:
            if one.number == number:
                return one
        raise UnknownName(f"there is no difference {number}", mend=f"There are {len(self)}, numbered from 1.")

    def adopt(self, *which: Which) -> Organization:
        """A copy of the design that has these differences as they are live, all of them without `which`.

        Its `history` are the edits made; `orgkit.save` writes it over the design's file. Errors: Refused for what no
        edit can say, DesignError where the design would break a rule.
        """
        from orgkit.provision.adopt import adopt

        return adopt(self, self._chosen(which))

    def revert(self, *which: Which) -> Plan:
        """A plan that makes these differences as designed, all of them without `which`; with what they need first.

        Errors: Refused for accounts that only AWS has, or that were closed.
        """
        from orgkit.provision.planning.planner import plan

        chosen = self._chosen(which)
        remove = [self._removal(one) for one in chosen if one.kind in (EXTRA, STATE)]
        only = [step for one in chosen for step in one.steps]
        if remove:
            mine = {step.id for step in self.plan.steps}
            whole = plan(self.pinned, self.live, remove=remove)
            only += [step.id for step in whole.steps if step.id not in mine]
        return plan(self.pinned, self.live, remove=remove, only=only)

    def _chosen(self, which: tuple[Which, ...]) -> list[Difference]:
        if not which:
            return list(self.differences)
        chosen = [self[one] if isinstance(one, int) else one for one in which]
        for one in chosen:
            if one not in self.differences:
                raise InputError(f"{one} is no difference of this drift", mend="Take one of .differences.")
        return chosen

    def _removal(self, one: Difference) -> str:
        entity = self.live.entity(one.node or "")
        if isinstance(entity, Policy):
            return f"policy:{entity.handle}"
        if isinstance(entity, Account):
            close = "" if one.kind == STATE else f", or name it: orgkit plan --remove close:{one.place}"
            raise Refused(
                f"{one.text}: a drift neither closes nor reopens an account",
                where=one.place,
                mend=f"Adopt it into the design{close}.",
            )
        return f"ou:{ou_paths(self.live)[entity.id]}"

    # ---- forms -----------------------------------------------------------------------------------

    @property
    def headline(self) -> str:
        """One line: how many differences, since when."""
        since = ""
        if self.applied_at is not None:
            since = f" (last applied {datetime.fromtimestamp(self.applied_at, UTC):%Y-%m-%d %H:%M} UTC)"
        if not self.differences:
            return f"no drift: the live organization is as designed{since}"
        return f"{len(self)} difference{'' if len(self) == 1 else 's'} between design and live organization{since}"

    def _sections(self) -> Iterator[tuple[str, list[Difference]]]:
        for side, title in TITLES.items():
            found = [one for one in self.differences if one.side == side]
            if found:
                yield title, found

    def _remarks(self) -> Iterator[str]:
        if self.unknown:
            yield f"not readable, so nothing is said about: {', '.join(self.unknown)}"
        if self.held:
            yield f"not carried out by a plan: {len(self.held)} ({'; '.join(str(p.message) for p in self.held[:3])})"
        if self.unmanaged:
            yield f"unmanaged, and left alone: {len(self.unmanaged)}"

    def __str__(self) -> str:
        lines = [self.headline]
        for title, found in self._sections():
            lines.append(f"{title}:")
            for one in found:
                lines.append(f"{one.number:>4}  {one.text}")
                lines += [f"          to revert: {mend}" for mend in one.mends]
        return "\n".join([*lines, *self._remarks()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = [f"<p>{escape(self.headline)}</p>"]
        for title, found in self._sections():
            rows = "".join(
                f"<tr><td>{one.number}</td><td style='text-align:left'>{escape(one.text)}</td>"
                f"<td style='text-align:left'>{'<br>'.join(escape(mend) for mend in one.mends)}</td></tr>"
                for one in found
            )
            heads = "<tr><th></th><th>what is live</th><th>to revert it</th></tr>"
            parts.append(f"<p><strong>{escape(title)}</strong></p><table>{heads}{rows}</table>")
        return "".join([*parts, *(f"<p>{escape(remark)}</p>" for remark in self._remarks())])

    def to_json(self) -> dict[str, Any]:
        return {
            "drift": bool(self),
            "applied_at": self.applied_at,
            "compared": self.compared,
            "differences": [one.to_json() for one in self.differences],
            "unmanaged": self.unmanaged.to_json(),
            "held": self.held.to_json(),
            "unknown": list(self.unknown),
        }
