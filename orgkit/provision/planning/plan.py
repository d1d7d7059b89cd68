"""A plan: the steps from a live organization to a design, in order, and everything to know before approving them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import networkx as nx

from orgkit.design import Problem, Problems
from orgkit.errors import FileError, Refused
from orgkit.provision.planning import listing, references
from orgkit.provision.planning.designed import Designed
from orgkit.provision.planning.duration import Duration, duration
from orgkit.provision.planning.exposure import Exposure
from orgkit.provision.planning.snapshot import Snapshot
from orgkit.provision.planning.steps import Step

VERSION = 1
# What a person reads of a step; the same plan may say it in other words tomorrow.
_WORDS = frozenset({"text", "why", "notes"})


@dataclass(frozen=True)
class Plan:
    """What would be done, in order; nothing has been written.

    `steps` is the order of execution, `edges` (before, after, needs | guards) what has to wait. `blocked` is what
    AWS or orgkit would refuse: such a plan cannot be applied. `held` are differences that are not carried out and why,
    `unmanaged` what the design does not mention. `exposures` are moments in which an account is less guarded than both
    before and after. `ids` binds the references known already, and `before` is the live organization the plan was made
    for. `design` is the design as it was then; None for a plan that carries out part of one.
    """

    steps: tuple[Step, ...]
    edges: tuple[tuple[str, str, str], ...] = ()
    blocked: Problems = field(default_factory=Problems)
    held: Problems = field(default_factory=Problems)
    unmanaged: Problems = field(default_factory=Problems)
    exposures: tuple[Exposure, ...] = ()
    assumptions: tuple[str, ...] = ()
    ids: Mapping[str, str] = field(default_factory=dict)
    before: Snapshot = field(default_factory=dict)
    origin: str | None = None
    design: Designed | None = field(default=None, compare=False, repr=False)

    @cached_property
    def graph(self) -> nx.DiGraph[str]:
        """The steps as a graph: nodes are step ids with attribute `step`; an edge's `kind` is needs or guards."""
        graph: nx.DiGraph[str] = nx.DiGraph()
        for step in self.steps:
            graph.add_node(step.id, step=step)
        for before, after, kind in self.edges:
            graph.add_edge(before, after, kind=kind)
        return nx.freeze(graph)  # type: ignore[no-any-return]

    @cached_property
    def digest(self) -> str:
        """What an approval names: made of the steps and their order, and on AWS of the real ids too."""
        steps = [{k: v for k, v in step.to_json().items() if k not in _WORDS} for step in self.steps]
        real = self.origin is not None and self.origin.partition(":")[0] == "aws"
        content = json.dumps([VERSION, steps, dict(self.ids) if real else {}], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()[:20]

    @cached_property
    def duration(self) -> Duration:
        """How long it takes on AWS; the sandbox takes seconds."""
        return duration(self.steps)

    @property
    def organization_id(self) -> str | None:
        """The id of the organization that the plan was made for; None where there was none."""
        return self.ids.get(references.ORGANIZATION)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.steps

    def __bool__(self) -> bool:
        return bool(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def number(self, step: str) -> int:
        """The place of a step in the listing, counting from 1."""
        return self._numbers[step]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {step.id: number for number, step in enumerate(self.steps, 1)}

    @cached_property
    def exposed(self) -> Mapping[str, list[tuple[str, str]]]:
        """What is said of exposures under the step that ends them: pairs of what, and why it cannot be helped."""
        return listing.exposures_by_step(self)

    def refuse(self) -> None:
        """Raise Refused where AWS, or orgkit, would refuse part of this plan."""
        if not self.blocked:
            return
        shown = "\n  ".join(f"{p.where}: {p.message}. {p.fix}" for p in self.blocked[:10])
        more = f"\n  and {len(self.blocked) - 10} more" if len(self.blocked) > 10 else ""
        raise Refused(
            f"nothing was done; this would be refused:\n  {shown}{more}", mend="Mend the design and plan again."
        )

    # ---- forms -----------------------------------------------------------------------------------

    def __str__(self) -> str:
        return listing.text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return listing.html(self)

    def to_json(self) -> dict[str, Any]:
        return {
            "orgkit-plan": VERSION,
            "digest": self.digest,
            "origin": self.origin,
            "duration": self.duration.to_json(),
            "steps": [step.to_json() for step in self.steps],
            "edges": [list(edge) for edge in self.edges],
            **{name: getattr(self, name).to_json() for name in ("blocked", "held", "unmanaged")},
            "exposures": [exposure.to_json() for exposure in self.exposures],
            "assumptions": list(self.assumptions),
            "ids": dict(self.ids),
            "before": {key: dict(facts) for key, facts in self.before.items()},
            "design": None if self.design is None else self.design.texts,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        if data.get("orgkit-plan") != VERSION:
            raise FileError(f"this is not a plan of version {VERSION}", mend="Make it again with `orgkit plan`.")
        try:
            plan = cls(
                steps=tuple(Step.from_json(step) for step in data["steps"]),
                edges=tuple((before, after, kind) for before, after, kind in data["edges"]),
                **{
                    name: Problems(Problem(**problem) for problem in data[name])
                    for name in ("blocked", "held", "unmanaged")
                },
                exposures=tuple(Exposure.from_json(exposure) for exposure in data["exposures"]),
                assumptions=tuple(data["assumptions"]),
                ids=data["ids"],
                before=data["before"],
                origin=data["origin"],
                design=None if data["design"] is None else Designed.of(data["design"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise FileError(f"this plan is incomplete: {error}", mend="Make it again with `orgkit plan`.") from None
        if plan.digest != data["digest"]:
            raise FileError("this plan was changed after it was made", mend="Make it again with `orgkit plan`.")
        return plan

    def save(self, path: str | PathLike[str]) -> None:
        """Write the plan as JSON."""
        Path(path).write_text(json.dumps(self.to_json(), indent=1, ensure_ascii=False) + "\n", "utf-8")

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Plan:
        """Read a saved plan; FileError where it is not one, or was changed."""
        try:
            data = json.loads(Path(path).read_text("utf-8"))
        except OSError as error:
            raise FileError(f"the plan cannot be read: {error.strerror}", where=str(path)) from None
        except ValueError as error:
            raise FileError(f"the plan is not JSON: {error}", where=str(path)) from None
        if not isinstance(data, dict):
            raise FileError("the plan is not a JSON object", where=str(path))
        try:
            return cls.from_json(data)
        except FileError as error:
            raise FileError(error.what, where=str(path), mend=error.mend) from None
