"""What may be deleted, closed, removed or detached: only what `remove:` in the design, or the caller, names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from orgkit.design import POLICY_TYPES, Organization, Problem
from orgkit.design.sections import Removal
from orgkit.errors import InputError, UnknownName

KINDS = ("policy", "ou", "close", "leave", "detach")
ACCESS_KINDS = ("role", "permission_set", "group", "assignment")
BASELINE, RETAIN = "baseline", ":retain"
FORMS = (
    "policy:NAME, ou:PATH, close:ACCOUNT, leave:ACCOUNT, detach:POLICY@TARGET, role:NAME@TARGET, "
    "baseline:NAME@TARGET, or a policy type"
)


@dataclass(frozen=True, slots=True)
class Removals:
    """Live nodes by what is to become of them; `detach` holds (policy, target), `absent` names found nowhere."""

    policies: frozenset[str] = frozenset()
    ous: frozenset[str] = frozenset()
    close: frozenset[str] = frozenset()
    leave: frozenset[str] = frozenset()
    detach: frozenset[tuple[str, str]] = frozenset()
    types: frozenset[str] = frozenset()
    access: tuple[Removal, ...] = ()  # roles, permission sets, groups and assignments, as they were named
    baselines: tuple[Removal, ...] = ()
    absent: tuple[Problem, ...] = ()

    @property
    def nodes(self) -> frozenset[str]:
        return self.policies | self.ous | self.close | self.leave


def removals(design: Organization, live: Organization, named: Iterable[str]) -> Removals:
    """Find in the live organization what the design's `remove:` and the caller's names mean.

    A name that nothing has is reported and does no harm: it may have been removed already. A bare account is an
    InputError, since closing it and letting it go are different things.
    """
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    detach: set[tuple[str, str]] = set()
    types: set[str] = set()
    access: list[Removal] = []
    baselines: list[Removal] = []
    absent: list[Problem] = []
    for removal in [*design.settings.remove, *_parsed(live, named)]:
        if removal.kind == "type":
            types.add(removal.ref)
            continue
        if removal.kind in ACCESS_KINDS:
            access.append(removal)
            continue
        if removal.kind == BASELINE:
            baselines.append(removal)
            continue
        kinds = {"policy": ("policy",), "detach": ("policy",), "ou": ("ou",)}.get(removal.kind, ("account",))
        try:
            node = live.find(removal.ref, *kinds)
            if removal.kind == "detach":
                detach.add((node, live.find(removal.source or "root", "root", "ou", "account")))
            else:
                found[removal.kind].add(node)
        except UnknownName as error:
            absent.append(
                Problem(
                    code="nothing-to-remove",
                    severity="note",
                    where="remove",
                    message=f"{removal.kind} {removal.ref}: {error.what}",
                    fix="If it was removed already, take the entry out.",
                )
            )
    return Removals(
        frozenset(found["policy"]),
        frozenset(found["ou"]),
        frozenset(found["close"]),
        frozenset(found["leave"]),
        frozenset(detach),
        frozenset(types),
        tuple(access),
        tuple(baselines),
        tuple(absent),
    )


def _parsed(live: Organization, named: Iterable[str]) -> Iterator[Removal]:
    for text in named:
        kind, colon, ref = text.partition(":")
        if colon and kind in (*KINDS, *ACCESS_KINDS, BASELINE):
            retain = kind == BASELINE and ref.endswith(RETAIN)
            ref = ref.removesuffix(RETAIN) if retain else ref
            sourced = kind in ("detach", "role", "assignment", BASELINE)
            ref, _, source = ref.rpartition("@") if sourced and "@" in ref else (ref, "", "")
            yield Removal(kind=kind, ref=ref, source=source or None, retain_stacks=retain)
        elif text in POLICY_TYPES:
            yield Removal(kind="type", ref=text)
        else:
            yield _bare(live, text)


def _bare(live: Organization, text: str) -> Removal:
    try:
        kind = live.entity(text).kind
    except UnknownName:
        return Removal(kind="policy", ref=text)
    if kind in ("policy", "ou"):
        return Removal(kind=kind, ref=text)
    raise InputError(
        f"{text} is {'an account' if kind == 'account' else 'the root'}: what is to become of it?",
        where="remove",
        mend=f"Write close:{text} or leave:{text}." if kind == "account" else f"Name {FORMS}.",
    )
