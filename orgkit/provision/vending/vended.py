"""The answer of the account vending machine: what would be done, or what became of each account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from orgkit.errors import Incomplete
from orgkit.provision.planning.plan import Plan

# What can be said of an account that was asked for.
PLANNED, VENDED, FAILED, LEFT = "planned", "vended", "failed", "left"


@dataclass(frozen=True, slots=True)
class Vended:
    """One account: planned (nothing done yet), vended, failed, or left (begun, and not brought to its end).

    `account_id` is known once AWS has made it. `error` says why it is not vended, and what to do.
    """

    name: str
    email: str
    ou: str
    state: str
    account_id: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Guardrails:
    """What binds the accounts of an OU: the policies at each level, and how many actions they leave."""

    ou: str
    levels: tuple[tuple[str, tuple[str, ...]], ...]  # path of the level, names of its SCPs and RCPs
    blocked: int
    depends: int
    actions: int

    def __str__(self) -> str:
        held = "; ".join(f"{place}: {', '.join(names)}" for place, names in self.levels if names) or "nothing"
        free = self.actions - self.blocked - self.depends
        return (
            f"{self.ou} is bound by {held}. Of {self.actions:,} actions {self.blocked:,} are blocked, "
            f"{self.depends:,} depend on the request, {free:,} are not blocked."
        )


@dataclass(frozen=True)
class Vending:
    """Accounts that were asked for, the guardrails that await them, and the plan that makes them.

    Without an approval nothing has been done. `recorded` says that the accounts that are vended stand in the design,
    `changes` how its file changed, as a unified diff. `later` is what these accounts get only with the next plan of
    the design, since the step is for other accounts too, which are not there yet.
    """

    accounts: tuple[Vended, ...]
    guardrails: tuple[Guardrails, ...]
    plan: Plan
    recorded: bool = False
    changes: str = ""
    later: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """What an approval names: the digest of the plan."""
        return self.plan.digest

    @property
    def counts(self) -> Mapping[str, int]:
        """How many accounts are planned, vended, failed, left."""
        return Counter(account.state for account in self.accounts)

    @property
    def complete(self) -> bool:
        """Whether every account that was asked for is vended."""
        return all(account.state == VENDED for account in self.accounts)

    @property
    def summary(self) -> str:
        """`48 vended, 2 failed`."""
        return ", ".join(f"{number} {state}" for state, number in self.counts.items())

    def require_complete(self) -> None:
        """Raise Incomplete where an account was begun, or tried, and is not vended."""
        missing = [account for account in self.accounts if account.state in (FAILED, LEFT)]
        if missing:
            lines = "".join(f"\n  {account.name}: {account.error or account.state}" for account in missing)
            raise Incomplete(f"{self.summary}:{lines}", mend="Mend the cause and vend the same list again.")

    def __str__(self) -> str:
        rows = [("account", "OU", "state", "id"), *((a.name, a.ou, a.state, a.account_id or "") for a in self.accounts)]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        lines += [f"{account.name}: {account.error}" for account in self.accounts if account.error]
        parts = ["\n".join(lines), *map(str, self.guardrails)]
        if PLANNED in self.counts:
            parts.append(str(self.plan))
        parts += [f"left to the next plan of the design: {text}" for text in self.later]
        parts.append(self.summary)
        return "\n".join(parts)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        left = " style='text-align:left'"
        rows = "".join(
            f"<tr><td{left}>{escape(a.name)}</td><td{left}>{escape(a.email)}</td><td{left}>{escape(a.ou)}</td>"
            f"<td{left}>{escape(a.state)}</td><td{left}>{escape(a.account_id or '')}</td>"
            f"<td{left}>{escape(a.error or '')}</td></tr>"
            for a in self.accounts
        )
        heads = "".join(f"<th>{head}</th>" for head in ("account", "email", "OU", "state", "id", ""))
        said = [*map(str, self.guardrails), *(f"left to the next plan of the design: {text}" for text in self.later)]
        bound = "".join(f"<li>{escape(one)}</li>" for one in said)
        plan = self.plan._repr_html_() if PLANNED in self.counts else ""
        return f"<p>{escape(self.summary)}</p><table><tr>{heads}</tr>{rows}</table><ul>{bound}</ul>{plan}"

    def to_json(self) -> dict[str, Any]:
        return {
            "complete": self.complete,
            "counts": dict(self.counts),
            "recorded": self.recorded,
            "later": list(self.later),
            "accounts": [asdict(account) for account in self.accounts],
            "guardrails": [asdict(one) for one in self.guardrails],
            "digest": self.digest,
            "plan": self.plan.to_json(),
        }

    def to_frame(self) -> Any:
        """A pandas DataFrame with a row for each account."""
        import pandas as pd

        return pd.DataFrame([asdict(account) for account in self.accounts])
