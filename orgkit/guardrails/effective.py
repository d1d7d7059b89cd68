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

if TYPE_CHECKING:
    import pandas

Path = tuple[str, ...]
_SETTING: Final = ("@@assign", "@@append", "@@remove")  # in the order in which one level applies them
_CONTROL: Final = "@@operators_allowed_for_child_policies"
_EVERY: Final = frozenset(_SETTING)
_NOTES: Final[Mapping[str, str]] = {
    "TAG_POLICY": "A tag policy makes no tag exist: it says how a tag reads where there is one, and for the resource "
    "types under enforced_for it refuses other values.",
    "BACKUP_POLICY": "A backup plan takes effect only where its vault and its role exist in the account and Region.",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Which policy at which level had a say in a setting, and by which operator."""

    level: str
    policy: str
    operator: str

    def __str__(self) -> str:
        return f"{self.policy} at {self.level} ({self.operator})"


@dataclass(frozen=True, slots=True)
class Conflict:
    """A setting on which policies disagree, or that a policy may not change; what was done about it."""

    path: str
    policy: str
    level: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


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

    @@assign sets a value, @@append adds to a list, @@remove takes out of it. A policy may use only the operators that
    all policies above it allow for a setting; what it may not do is left out and told as a conflict. Where policies of
    one level assign different values, the one attached first is taken and the conflict told: AWS documents no order.
    Raises InputError for SCPs and RCPs, which do not merge, UnknownName for a name that nothing has.
    """
    if type in (SCP, RCP) or type not in POLICY_TYPES:
        others = [one for one in POLICY_TYPES if one not in (SCP, RCP)]
        raise InputError(
            f"{type} is no type of management policy", mend=did_you_mean(type, others) or f"Types: {', '.join(others)}."
        )
    node = org.find(account, "account", "ou", "root")
    enabled = org.enforces(type)
    merge = _Merge()
    for level, policies in org.inherited(node, type) if enabled else ():
        merge.level(org.path(level), [(one.handle, json.loads(bound(org, one.content))) for one in policies])
    return Effective(
        type,
        org.path(node),
        merge.document(),
        {".".join(path): tuple(origins) for path, origins in merge.origins.items() if path in merge.values},
        tuple(merge.conflicts),
        enabled,
        org.unknown,
    )


@dataclass(slots=True)
class _Merge:
    """The settings so far, and which operators policies further down may use on what."""

    values: dict[Path, Any] = field(default_factory=dict)
    origins: dict[Path, list[Origin]] = field(default_factory=dict)
    allowed: dict[Path, frozenset[str]] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)

    def level(self, place: str, policies: list[tuple[str, Any]]) -> None:
        """Apply what is attached to one root, OU or account: every assignment first, then additions, then removals."""
        said = [
            (operator, path, value, name)
            for name, document in policies
            for operator, path, value in _walk(document, ())
        ]
        controls: dict[Path, frozenset[str]] = {}
        assigned: dict[Path, tuple[Any, str]] = {}
        for wanted in _SETTING:
            for operator, path, value, name in said:
                if operator == wanted and self._may(operator, path, place, name):
                    self._apply(operator, path, value, Origin(place, name, operator), assigned)
        for operator, path, value, _ in said:
            if operator == _CONTROL:
                # What one level limits, the others of the level cannot widen.
                controls[path] = controls.get(path, _EVERY) & _operators(value)
        for path, limit in controls.items():
            self.allowed[path] = self.allowed.get(path, _EVERY) & limit

    def _may(self, operator: str, path: Path, place: str, name: str) -> bool:
        for length in range(len(path) + 1):
            if operator not in self.allowed.get(path[:length], _EVERY):
                words = f"{name} at {place} may not {operator} here: a policy above allows "
                limit = ", ".join(sorted(self.allowed[path[:length]])) or "no operator"
                self.conflicts.append(Conflict(".".join(path), name, place, words + limit))
                return False
        return True

    def _apply(
        self, operator: str, path: Path, value: Any, origin: Origin, assigned: dict[Path, tuple[Any, str]]
    ) -> None:
        if operator == "@@assign":
            before = assigned.get(path)
            if before is not None:
                if before[0] != value:
                    words = (
                        f"{before[1]} and {origin.policy} assign different values at {origin.level}; the first stands"
                    )
                    self.conflicts.append(Conflict(".".join(path), origin.policy, origin.level, words))
                return
            assigned[path] = (value, origin.policy)
            self.values[path] = list(value) if isinstance(value, list) else value
            self.origins[path] = [origin]
            return
        if operator == "@@remove" and path not in self.values:
            return
        given = value if isinstance(value, list) else [value]
        held = self.values.get(path, [])
        if not isinstance(held, list):
            words = f"{origin.policy} at {origin.level} uses {operator} on a single value"
            self.conflicts.append(Conflict(".".join(path), origin.policy, origin.level, words))
            return
        if operator == "@@append":
            after = [*held, *(one for one in given if one not in held)]
        else:
            after = [one for one in held if one not in given]
        if after != held or path not in self.values:
            self.values[path] = after
            self.origins.setdefault(path, []).append(origin)

    def document(self) -> dict[str, Any]:
        """The settings as a tree."""
        top: dict[str, Any] = {}
        for path, value in self.values.items():
            here = top
            for step in path[:-1]:
                if not isinstance(here.get(step), dict):
                    here[step] = {}  # a value where others have a branch: the branch is what a policy can mean
                here = here[step]
            here.setdefault(path[-1], value)
        return top


def _walk(node: Any, path: Path) -> Iterator[tuple[str, Path, Any]]:
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key in _SETTING or key == _CONTROL:
            yield key, path, value
        elif not key.startswith("@@"):
            yield from _walk(value, (*path, key))


def _operators(value: Any) -> frozenset[str]:
    named = frozenset(value if isinstance(value, list) else [value])
    return _EVERY if "@@all" in named else frozenset() if "@@none" in named else named & _EVERY


def _leaves(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _leaves(value, (*path, key))
    else:
        yield path, node
