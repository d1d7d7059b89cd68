"""The review of a plan: what matters most before all else, the steps as a tree, and the approval by typing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from orgkit.errors import InputError, did_you_mean
from orgkit.notebook.blocks import Json, cell, field, fold, form, item, items, text, title
from orgkit.notebook.designer import drafting
from orgkit.notebook.outline import Branch, Outline
from orgkit.notebook.widgets.panel import Panel, unknown
from orgkit.notebook.widgets.plan_tree import TOPICS, Concern, Concerns, Group, grouped, in_words

if TYPE_CHECKING:
    from orgkit.design import Problem
    from orgkit.provision import Plan
    from orgkit.provision.planning.steps import Step

_EVERY: Final = "every kind"
_LISTED: Final = 200
_KINDS: Final = 4  # kinds that a topic says it has
_UNFOLDED: Final = 40  # steps up to which the tree is shown unfolded


class PlanReview(Panel):
    """Review a plan: what matters most first, then all steps as a tree, by kind or word; approve it by typing.

    `approved` is the digest once it was typed, else None: `orgkit.apply(plan, target, approve=review.approved)`. With
    `approval=False` there is nothing to type.
    """

    def __init__(self, plan: Plan, *, approval: bool = True, interactive: bool | None = None) -> None:
        super().__init__(interactive=interactive)
        self.plan = plan
        self.approval = approval
        self.kind = ""
        self.words = ""
        self.approved: str | None = None
        self.first = Outline("first", "What to look at first", opened=("refused", "locked", "exposed", "gone"))
        self.steps = Outline("steps", "Steps")
        if len(plan) <= _UNFOLDED:
            self.steps.opened.update(group.id for top in self._groups for group in _all(top))

    # ---- what is shown ---------------------------------------------------------------------------

    def blocks(self) -> list[Json]:
        shown = [*self._head(), *self._first()]
        if self.plan:
            shown += [title("Steps", "numbered in the order of execution"), self._filter(), *self._listed()]
        return [*shown, *self._beside(), *(self._approval() if self.approval else [])]

    def still(self) -> list[Json]:
        """Everything unfolded, without what can be pressed."""
        tree = [self._group(group, details=False) for group in self._groups]
        shown = [*self._head(), *self._first(unfolded=True)]
        if self.plan:
            shown += [title("Steps", "numbered in the order of execution"), self.steps.block(tree, unfolded=True)]
        return [*shown, *self._beside()]

    def _first(self, *, unfolded: bool = False) -> list[Json]:
        concerns = [self._concern(one) for one in self._concerns]
        return [title("What to look at first"), self.first.block(concerns, unfolded=unfolded)] if concerns else []

    @cached_property
    def _groups(self) -> list[Group]:
        return grouped(self.plan.steps)

    @cached_property
    def _concerns(self) -> tuple[Concern, ...]:
        return Concerns(self.plan).all

    def _head(self) -> list[Json]:
        plan, count = self.plan, len(self.plan)
        if not count:
            return [title("Nothing to do", "the live organization is as designed"), *self._nothing_but_held()]
        return [title(f"{count:,} step{'' if count == 1 else 's'}", f"on AWS {plan.duration} · digest {plan.digest}")]

    def _nothing_but_held(self) -> list[Json]:
        return [text("as far as the plan goes", "quiet")] if self.plan.held else []

    def _filter(self) -> Json:
        counts = Counter(step.kind for step in self.plan.steps)
        kinds = [f"{in_words(kind)} ({counts[kind]:,})" for kind in sorted(counts, key=in_words)]
        chosen = f"{in_words(self.kind)} ({counts[self.kind]:,})" if self.kind else _EVERY
        fields = [
            field("kind", "", chosen, input="select", choices=[_EVERY, *kinds], hint="kind of step"),
            field("words", "", self.words, input="search", hint="words in a step, or its number"),
        ]
        return {**form("filter", {"type": "filter"}, fields), "inline": True}

    def _listed(self) -> list[Json]:
        if not (self.kind or self.words.strip()):
            return [self.steps.block([self._group(group) for group in self._groups])]
        found = [step for step in self.plan.steps if self._matches(step)]
        if not found:
            return [text("No step is like that.", "quiet")]
        return [
            text(f"{len(found):,} of {len(self.plan):,} steps", "quiet", live=True),
            self._found.block([self._step(step) for step in found]),
        ]

    @cached_property
    def _found(self) -> Outline:
        return Outline("found", "Steps found")

    def _matches(self, step: Step) -> bool:
        if self.kind and step.kind != self.kind:
            return False
        sought = self.words.casefold().split()
        said = " ".join((step.text, step.why, step.place, step.operation, *step.notes)).casefold()
        return all(word in said or word == str(self.plan.number(step.id)) for word in sought)

    # ---- rows ------------------------------------------------------------------------------------

    def _group(self, group: Group, *, details: bool = True) -> Branch:
        def below() -> list[Branch]:
            own = [self._step(step, details=details) for step in group.steps]
            return [*own, *(self._group(one, details=details) for one in group.below.values())]

        exposed = sum(step.id in self._exposed for step in group.all_steps())
        count = cell(f"{group.count:,}", "quiet", number=True)
        warned = cell(f"{exposed:,} exposed", "warning", number=True) if exposed else ""
        kinds = Counter(step.kind for step in group.all_steps()) if group.id in TOPICS else Counter[str]()
        most = [f"{in_words(kind)} {number:,}" for kind, number in kinds.most_common(_KINDS)]
        note = ", ".join([*most, *(["…"] if len(kinds) > _KINDS else [])])
        return Branch(id=group.id, cells=[cell(group.label, "strong"), warned, count], note=note, below=below)

    def _step(self, step: Step, *, details: bool = True) -> Branch:
        notes = [step.why, *step.notes, *(self._exposed.get(step.id, ()))]
        return Branch(
            id=step.id,
            sign=f"{self.plan.number(step.id)}",
            cells=[cell(step.text), "", ""],
            note="\n".join(filter(None, notes)),
            tone="warning" if step.id in self._exposed else "",
            below=(lambda: [self._detail(step)]) if details else None,
        )

    @cached_property
    def _exposed(self) -> Mapping[str, list[str]]:
        return {step: [said for said, _ in found] for step, found in self.plan.exposed.items()}

    def _detail(self, step: Step) -> Branch:
        """The call itself, and what it waits for."""
        waits = sorted(self.plan.number(before) for before in self.plan.graph.predecessors(step.id))
        place = f" in {step.account}" if step.account else ""
        lines = [f"waits for {', '.join(map(str, waits[:20]))}{' …' if len(waits) > 20 else ''}" if waits else ""]
        lines.append(json.dumps(dict(step.parameters), ensure_ascii=False, indent=1) if step.parameters else "")
        words = f"{step.operation}{place}{f', as {step.role}' if step.role else ''}"
        return Branch(id=f"{step.id} call", cells=[cell(words, "quiet"), "", ""], note="\n".join(filter(None, lines)))

    def _concern(self, concern: Concern) -> Branch:
        count = cell(f"{concern.count:,}", "quiet", number=True)
        return Branch(
            id=concern.key,
            cells=[cell(concern.label, "strong"), count],
            tone=concern.tone,
            note=concern.note,
            below=lambda: [*self._problems(concern), *self._said(concern)],
        )

    def _problems(self, concern: Concern) -> Iterator[Branch]:
        for number, problem in enumerate(concern.problems):
            note = "\n".join(filter(None, (problem.where, problem.fix)))
            yield Branch(id=f"{concern.key} {number}", cells=[problem.message, ""], note=note, tone=concern.tone)

    def _said(self, concern: Concern) -> Iterator[Branch]:
        for number, (said, why, steps) in enumerate(concern.steps):
            if len(steps) == 1:
                sign = str(self.plan.number(steps[0].id))
                yield Branch(id=f"{concern.key} {number}", sign=sign, cells=[cell(said, go=steps[0].id), ""], note=why)
                continue
            yield Branch(
                id=f"{concern.key} {number}",
                cells=[said, cell(f"{len(steps):,}", "quiet", number=True)],
                note=why,
                below=lambda number=number, steps=steps: [  # type: ignore[misc]
                    Branch(
                        id=f"{concern.key} {number} {step.id}",
                        sign=str(self.plan.number(step.id)),
                        cells=[cell(step.text, go=step.id), ""],
                        note="\n".join(words.partition(":")[0] for words in self._exposed.get(step.id, ())),
                    )
                    for step in steps
                ],
            )

    def _beside(self) -> list[Json]:
        """What is not carried out, what is left alone, and what was assumed."""
        plan = self.plan
        shown = [
            fold(f"{words} ({len(problems):,})", items(_problem(one) for one in problems[:_LISTED]))
            for words, problems in (
                ("Not carried out", plan.held),
                ("Unmanaged, left alone", plan.unmanaged),
            )
            if problems
        ]
        if plan.exposures and plan.assumptions:
            shown.append(fold("Assumed", items(item(one) for one in plan.assumptions)))
        return shown

    def _approval(self) -> list[Json]:
        if self.approved:
            return [text(f"Approved: {self.approved}", "good", live=True)]
        if not self.plan or self.plan.blocked:
            return [text("There is nothing that could be approved.", "quiet")]
        typed = field("digest", "Digest", hint=self.plan.digest)
        return [title("Approve", "by typing the digest"), form("approve", {"type": "approve"}, [typed], "Approve")]

    # ---- what is pressed -------------------------------------------------------------------------

    def take(self, intent: Mapping[str, Any]) -> Json | None:
        if any(outline.take(intent) for outline in (self.first, self.steps, self._found)):
            return None
        match intent.get("type"):
            case "filter":
                self._narrow(drafting.values(intent))
            case "go":
                self._go(drafting.text(intent, "node"))
            case "approve":
                self.plan.refuse()
                if drafting.values(intent).get("digest", "").strip() != self.plan.digest:
                    raise InputError("this is not the plan's digest", mend=f"Type {self.plan.digest}.")
                self.approved = self.plan.digest
            case _:
                raise unknown(intent)
        return None

    def _narrow(self, values: Mapping[str, str]) -> None:
        if "words" in values:
            self.words = values["words"]
        if "kind" in values:
            said = values["kind"].rpartition(" (")[0]
            kinds = {in_words(step.kind): step.kind for step in self.plan.steps}
            if said and said not in kinds:
                raise InputError(f"the plan has no steps of kind {said!r}", mend=did_you_mean(said, kinds))
            self.kind = kinds.get(said, "")

    def _go(self, step: str) -> None:
        """Bring a step on screen, whatever is filtered."""
        self.kind = self.words = ""
        for top in self._groups:
            way = _way_to(top, step)
            if way is not None:
                groups, place = way
                self.steps.show(step, groups, place)
                return
        raise InputError(f"this plan has no step {step!r}")


def _problem(problem: Problem) -> Json:
    return item(problem.message, "\n".join(filter(None, (problem.where, problem.fix))))


def _all(group: Group) -> Iterator[Group]:
    yield group
    for below in group.below.values():
        yield from _all(below)


def _way_to(group: Group, step: str) -> tuple[Sequence[str], int] | None:
    """The groups from this one down to that of a step, and the step's place in it."""
    for place, one in enumerate(group.steps):
        if one.id == step:
            return [group.id], place
    for below in group.below.values():
        if (way := _way_to(below, step)) is not None:
            return [group.id, *way[0]], way[1]
    return None
