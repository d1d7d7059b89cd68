"""Management policies (tag, backup, AI opt-out, chat, declarative, …) merged down the tree into what an account gets.

https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html and
https://docs.aws.amazon.com/organizations/latest/userguide/inheritance-examples.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Final

from orgkit.design import POLICY_TYPES, RCP, SCP, Organization
from orgkit.errors import InputError, did_you_mean
from orgkit.guardrails.inheritance import bound
from orgkit.policy.management import Conflict, Origin, merge

if TYPE_CHECKING:
    import pandas

_NOTES: Final[Mapping[str, str]] = {
    "TAG_POLICY": "A tag policy makes no tag exist: it says how a tag reads where there is one, and for the resource "
    "types under enforced_for it refuses other values.",
    "BACKUP_POLICY": "A backup plan takes effect only where its vault and its role exist in the account and Region.",
}


@dataclass(frozen=True)
class Effective:
    """What an account gets: `document` has no operators; `origins` tell for each setting where its value comes from."""

    type: str
    account: str
    document: Mapping[str, Any]
    origins: Mapping[str, tuple[Origin, ...]]
    conflicts: tuple[Conflict, ...] = ()
    enabled: bool = True
    unknown: tuple[str, ...] = field(default=())

    @property
    def note(self) -> str:
        """What this type of policy does not do."""
        return _NOTES.get(self.type, "")

    @property
    def settings(self) -> dict[str, Any]:
        """Dotted path → value."""
        return {".".join(path): value for path, value in _leaves(self.document)}

    def __str__(self) -> str:
        lines = [f"{self.type} in effect in {self.account}"]
        if not self.enabled:
            lines.append(f"  nothing: {self.type} is not enabled in the organization")
        elif not self.document:
            lines.append("  nothing")
        for path, value in self.settings.items():
            by = "; ".join(map(str, self.origins.get(path, ())))
            lines.append(f"  {path} = {json.dumps(value, ensure_ascii=False)}")
            lines.append(f"      from {by}")
        lines += [f"  conflict: {one}" for one in self.conflicts]
        if self.unknown:
            lines.append(f"  not read: {', '.join(self.unknown)}")
        if self.note and self.document:
            lines.append(f"  {self.note}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{escape(path)}</td>"
            f"<td>{escape(json.dumps(value, ensure_ascii=False))}</td>"
            f"<td>{escape('; '.join(map(str, self.origins.get(path, ()))))}</td></tr>"
            for path, value in self.settings.items()
        )
        conflicts = "".join(f"<p>conflict: {escape(str(one))}</p>" for one in self.conflicts)
        return (
            f"<p>{escape(self.type)} in effect in {escape(self.account)}</p>"
            f"<table><tr><th>setting</th><th>value</th><th>from</th></tr>{rows}</table>{conflicts}"
            f"<p>{escape(self.note)}</p>"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the document with origins and conflicts as a plain dict."""
        return {
            "type": self.type,
            "account": self.account,
            "enabled": self.enabled,
            "document": json.loads(json.dumps(self.document)),
            "origins": {path: [str(one) for one in origins] for path, origins in self.origins.items()},
            "conflicts": [str(one) for one in self.conflicts],
            "unknown": list(self.unknown),
            "note": self.note,
        }

    def to_frame(self) -> pandas.DataFrame:
        """One row for each setting: its value and where it comes from."""
        import pandas

        rows = [(path, value, "; ".join(map(str, self.origins.get(path, ())))) for path, value in self.settings.items()]
        return pandas.DataFrame(rows, columns=["setting", "value", "origin"])


def effective(org: Organization, account: str, type: str) -> Effective:
    """Merge the management policies of one type from the root down to an account (or OU).

    How they merge stands in `orgkit.policy.management`. Raises InputError for SCPs and RCPs, which do not merge,
    UnknownName for a name that nothing has.
    """
    if type in (SCP, RCP) or type not in POLICY_TYPES:
        others = [one for one in POLICY_TYPES if one not in (SCP, RCP)]
        raise InputError(
            f"{type} is no type of management policy", mend=did_you_mean(type, others) or f"Types: {', '.join(others)}."
        )
    node = org.find(account, "account", "ou", "root")
    enabled = org.enforces(type)
    merged = merge(
        (org.path(level), [(one.handle, json.loads(bound(org, one.content))) for one in policies])
        for level, policies in (org.inherited(node, type) if enabled else ())
    )
    return Effective(type, org.path(node), merged.document, merged.origins, merged.conflicts, enabled, org.unknown)


def _leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _leaves(value, (*path, key))
    else:
        yield path, node
