"""Management policies (tag, backup, AI opt-out, chat, declarative, …) merged from the root down into one document.

https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html and
https://docs.aws.amazon.com/organizations/latest/userguide/inheritance-examples.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

Path = tuple[str, ...]
_SETTING: Final = ("@@assign", "@@append", "@@remove")  # in the order in which one level applies them
_CONTROL: Final = "@@operators_allowed_for_child_policies"
_EVERY: Final = frozenset(_SETTING)
_ALLOWABLE: Final = frozenset({*_SETTING, "@@all", "@@none"})
# What a document of each type begins with, by the page on its syntax; those of the newest types are not known.
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_management_policies.html
_TOP: Final[Mapping[str, str]] = MappingProxyType(
    {
        "AISERVICES_OPT_OUT_POLICY": "services",
        "BACKUP_POLICY": "plans",
        "BEDROCK_POLICY": "bedrock",
        "CHATBOT_POLICY": "chatbot",
        "DECLARATIVE_POLICY_EC2": "ec2_attributes",
        "INSPECTOR_POLICY": "inspector",
        "NETWORK_SECURITY_DIRECTOR_POLICY": "network_security_director",
        "S3_POLICY": "s3_attributes",
        "SECURITYHUB_POLICY": "securityhub",
        "TAG_POLICY": "tags",
        "UPGRADE_ROLLOUT_POLICY": "upgrade_rollout",
    }
)


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


@dataclass(frozen=True, slots=True)
class Merged:
    """The document without operators, where each setting comes from (by dotted path), and what did not agree."""

    document: Mapping[str, Any]
    origins: Mapping[str, tuple[Origin, ...]]
    conflicts: tuple[Conflict, ...]


def merge(levels: Iterable[tuple[str, Iterable[tuple[str, Any]]]]) -> Merged:
    """Merge the policies of one type. `levels`, root first: a place, and the name and document of each policy there.

    @@assign sets a value, @@append adds to a list, @@remove takes out of it. A policy may use only the operators that
    all policies above it allow for a setting; what it may not do is left out and told as a conflict. Where policies of
    one level assign different values, the one that comes first is taken and the conflict told: AWS documents no order.
    """
    merging = _Merge()
    for place, policies in levels:
        merging.level(place, [*policies])
    origins = {".".join(path): tuple(found) for path, found in merging.origins.items() if path in merging.values}
    return Merged(merging.document(), origins, tuple(merging.conflicts))


def fault_of(document: Any, type: str) -> str | None:
    """Return why AWS refuses a document of this type, in words, or None where nothing is known against it."""
    if not isinstance(document, Mapping):
        return "The policy must be a JSON object."
    top = _TOP.get(type)
    for key in document:
        if top is not None and key != top and not key.startswith("@@"):
            return f'A {type} has "{top}" at its top, not "{key}".'
    return _operator_fault(document, "")


def _operator_fault(node: Mapping[str, Any], where: str) -> str | None:
    for key, value in node.items():
        if key == _CONTROL:
            unknown = [one for one in (value if isinstance(value, list) else [value]) if one not in _ALLOWABLE]
            if unknown:
                return f"{where}{key} lists operators, @@all or @@none, not {unknown[0]!r}."
        elif key in _SETTING:
            if isinstance(value, Mapping):
                return f"{where}{key} has a value or a list of values."
        elif key.startswith("@@"):
            return f"{where}{key} is no operator; they are {', '.join((*_SETTING, _CONTROL))}."
        elif isinstance(value, Mapping):
            found = _operator_fault(value, f"{where}{key}.")
            if found is not None:
                return found
    return None


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
