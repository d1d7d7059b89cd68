"""What a name stands for: handles, paths, names, emails and AWS ids, kept up to date by every edit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from orgkit.design.entities import IMPLIED, Account, OrganizationalUnit
from orgkit.errors import AmbiguousName, UnknownName, did_you_mean

if TYPE_CHECKING:
    from orgkit.design.organization import Organization

_WORDS = {"root": "the root", "ou": "OU", "account": "account", "policy": "policy"}


class NameIndex:
    """Finds nodes of one organization by any of their names."""

    def __init__(self, org: Organization) -> None:
        self._org = org
        self.rebuild()

    def rebuild(self) -> None:
        """Forget everything and learn every node anew."""
        self._nodes: dict[str, dict[str, None]] = {}
        self._emails: dict[str, str] = {}
        for node in self._org._graph.nodes:
            self.learn(node)

    def learn(self, node: str) -> None:
        for name in self._all_names(node):
            self._nodes.setdefault(name, {})[node] = None
        entity = self._org._entity(node)
        if isinstance(entity, Account) and entity.email:
            self._emails[entity.email.casefold()] = node

    def forget(self, node: str) -> None:
        for name in self._all_names(node):
            holders = self._nodes.get(name)
            if holders is not None:
                holders.pop(node, None)
                if not holders:
                    del self._nodes[name]
        entity = self._org._entity(node)
        if isinstance(entity, Account) and self._emails.get(entity.email.casefold()) == node:
            del self._emails[entity.email.casefold()]

    def holder_of_email(self, email: str) -> str | None:
        """The account that has this address, in whatever case."""
        return self._emails.get(email.casefold())

    def find_named(self, name: str) -> tuple[str, ...]:
        """Every node with this handle, name, email or AWS id."""
        return tuple(self._nodes.get(name, ()))

    def find(self, ref: str, kinds: Sequence[str] = ()) -> str:
        """One node id, or UnknownName, or AmbiguousName."""
        org = self._org
        if ref in org._graph and (not kinds or org._entity(ref).kind in kinds):
            return ref
        found = self.matches(ref, kinds)
        if len(found) == 1:
            return found[0]
        if found:
            listed = ", ".join(sorted(f"{_WORDS[org._entity(n).kind]} {org.path(n)} ({n})" for n in found))
            raise AmbiguousName(
                f"{ref!r} stands for several things: {listed}",
                mend="Use the full path, or the id in parentheses.",
            )
        raise UnknownName(self._unknown(ref, self.matches(ref), kinds), mend=did_you_mean(ref, self._known(kinds)))

    def matches(self, ref: str, kinds: Sequence[str] = ()) -> list[str]:
        """The nodes it may stand for: none, one, or several where it is ambiguous."""
        org = self._org
        if ref in org._graph and (not kinds or org._entity(ref).kind in kinds):
            return [ref]
        if ref in ("/", "") and (not kinds or "root" in kinds):
            return [org.root.id]
        for candidates in self._candidates(ref):
            if wanted := [node for node in candidates if not kinds or org._entity(node).kind in kinds]:
                return wanted
        return []

    def _candidates(self, ref: str) -> tuple[list[str], list[str]]:
        """Nodes whose handle or path of handles this is; then those with this path of names, name, email or AWS id."""
        org = self._org
        exact = [n for n in (f"account:{ref}", f"policy:{ref}") if n in org._graph]
        exact += [n for n in self._walk(ref, "handle") if n not in exact]
        loose = [n for n in dict.fromkeys((*self.at_path(ref), *self._nodes.get(ref, ()))) if n not in exact]
        if "@" in ref and (holder := self.holder_of_email(ref)) and holder not in exact + loose:
            loose.append(holder)
        return exact, loose

    def at_path(self, path: str) -> list[str]:
        """The nodes at a path from below the root; where its handles lead nowhere, names count too."""
        return self._walk(path, "handle") or self._walk(path, "handle", "name")

    def _walk(self, path: str, *fields: str) -> list[str]:
        org = self._org
        here = [org.root.id]
        for step in path.strip("/").split("/"):
            named = [
                node
                for node in self._nodes.get(step, ())
                if any(getattr(org._entity(node), field) == step for field in fields)
            ]
            here = [node for node in named if org.parent(node) in here]
        return here

    def _all_names(self, node: str) -> Iterator[str]:
        entity = self._org._entity(node)
        names = {entity.handle, entity.name}
        if entity.aws_id:
            names.add(entity.aws_id)
        if isinstance(entity, Account) and entity.email:
            names.add(entity.email)
        yield from names

    def _known(self, kinds: Sequence[str]) -> Iterator[str]:
        org = self._org
        for node in org._graph.nodes:
            entity = org._entity(node)
            if not kinds or entity.kind in kinds:
                yield org.path(node) if isinstance(entity, OrganizationalUnit) else entity.handle
        if not kinds or "policy" in kinds:
            yield from (policy.handle for policy in IMPLIED.values())

    def _unknown(self, ref: str, others: Sequence[str], kinds: Sequence[str]) -> str:
        wanted = " or ".join(_WORDS[kind] for kind in kinds if kind != "root") or "account, OU or policy"
        if others:
            other = self._org._entity(others[0])
            return f"{ref!r} is {_WORDS[other.kind]} {self._org.path(others[0])}, not an {wanted}".replace(
                "an policy", "a policy"
            )
        return f"there is no {wanted} {ref!r}"
