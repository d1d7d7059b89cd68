"""The designer without a browser: takes intents, validates them, answers with what changed and what it means.

An intent is a dict with a `type`, as the browser sends it or a test writes it. An answer is a dict that says only what
is different from before. The organization itself is the truth: edits made elsewhere are followed at the next intent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orgkit.checking import Checker
from orgkit.design import Edit, Organization, Problem, Problems
from orgkit.design.changes import Add, Change, Move
from orgkit.errors import InputError, OrgkitError, did_you_mean
from orgkit.guardrails import Permissions, permissions
from orgkit.notebook.designer import drafting, panels
from orgkit.notebook.designer.comparing import Comparisons
from orgkit.notebook.designer.consequences import Consequences, consequences, problems_changed, steps_changed
from orgkit.notebook.designer.drafting import Intent, changes_of, text
from orgkit.notebook.designer.filtering import matching
from orgkit.notebook.designer.marks import marks_of
from orgkit.notebook.designer.rows import Costs, Rows, concerned, differing, patch, planned_costs, replanned
from orgkit.notebook.designer.saving import Saving
from orgkit.notebook.designer.unsaved import Unsaved, unsaved_of
from orgkit.notebook.designer.verbs import VERBS, Verb

if TYPE_CHECKING:
    from orgkit.provision import Plan

Answer = dict[str, Any]
# Nodes: with more, an edit is planned, and problems are looked for the first time, after the answer.
AT_ONCE: Final = 1_000
_SOON, _LATER = 60, 800  # milliseconds until the browser asks for problems, and for a plan, which takes longer
_KEPT: Final = 200  # consequences that the history remembers


class Controller:
    """Edits `org` by intents. `live` is the organization as it stands, to plan against; `path` is where it is saved;
    `beside` is another design to compare with. With `keep`, edits that are not saved yet are kept in a file beside it.

    `handle(intent)` never raises for what a person did: the answer then has `error`. `state()` is everything a browser
    needs to begin with, at any moment.
    """

    def __init__(
        self,
        org: Organization,
        *,
        live: Organization | None = None,
        beside: Organization | None = None,
        path: str | Path | None = None,
        keep: bool = False,
    ) -> None:
        self.org = org
        self.live = live
        self.saving = Saving(org, path)
        self.unsaved = unsaved_of(org, self.saving.path) if keep else Unsaved(None)
        self.comparisons = Comparisons(org, live, beside)
        self.revision = org.revision
        self.costs: Costs = planned_costs(org)
        self._checker = Checker(org)
        self.problems = Problems()
        self.checked: int | None = None  # the revision that the problems are those of
        self.by_node: Mapping[str, tuple[Problem, ...]] = {}
        self.plan: Plan | None = None
        self.planned: int | None = None  # the revision that the plan is of
        self.unplanned = ""  # why there is no plan, where it cannot be made
        self.marks: Mapping[str, str] = {}
        self.log: list[Consequences] = []  # of every edit seen, undoing included, oldest first
        self.selected: tuple[str, ...] = (org.root.id,)
        self.opened: set[str] = {org.root.id, *self._shallow()}
        self.panel = "details" if beside is None else "compare"
        self.filter = ""
        self.composing: tuple[str, str] | None = None  # what is being added, and under which node
        self.question: dict[str, str] = {}  # the decision explorer's fields, as typed
        self._opened_at = len(org.history)
        self._drafted: Checker | None = None
        self._draft: Organization | None = None  # the same as `org` between two intents: edits are tried out on it
        self._permissions: Permissions | None = None

    # ---- the two ways in -----------------------------------------------------------------------------

    def handle(self, intent: Intent) -> Answer:
        """Do what a person asked for; the answer has `error` where that cannot be."""
        answer: Answer = {"answers": intent.get("number")}
        try:
            self._follow_others(answer)
            kind = text(intent, "type")
            if kind in drafting.DRAFTED:
                self._edit(intent, answer)
            elif kind in self.verbs:
                self.verbs[kind](self, intent, answer)
            else:
                raise InputError(
                    f"there is no intent {kind!r}", mend=did_you_mean(kind, [*self.verbs, *drafting.DRAFTED])
                )
        except OrgkitError as error:
            answer["error"] = str(error)
        if "quiet" in answer:
            del answer["quiet"]
        else:
            answer.update(self._surroundings())
        return answer

    def follow(self) -> Answer | None:
        """What edits made in Python changed since the last answer; None where nothing did."""
        if self.org.revision == self.revision and not (self.panel == "compare" and self.comparisons.due):
            return None
        answer: Answer = {}
        try:
            self._follow_others(answer)
        except OrgkitError as error:
            answer["error"] = str(error)
        return {**answer, **self._surroundings()}

    def state(self) -> Answer:
        """Everything, for a browser that begins."""
        self._follow_others({})
        rows = Rows(self.org, self.costs, self.by_node, self.marks)
        return {
            "rows": rows.whole(),
            "opened": sorted(self.opened),
            "selected": list(self.selected),
            "filter": self.filtered(),
            **self._surroundings(),
        }

    # ---- edits ---------------------------------------------------------------------------------------

    @property
    def draft(self) -> Organization:
        """A copy of the design to try an edit on."""
        if self._draft is None:
            self._draft = self.org.copy()
        return self._draft

    @property
    def drafted(self) -> Checker:
        """The checks of the draft, which follow what is tried out on it."""
        if self._drafted is None:
            self._drafted = Checker(self.draft)
        return self._drafted

    def _edit(self, intent: Intent, answer: Answer) -> None:
        edit = drafting.draft(self.draft, intent)
        costs = replanned(self.costs, self.draft, edit.changes)
        told = self.meaning(edit.label, edit.changes, costs)
        self.org.perform(edit)
        self.unsaved.made(edit, intent)
        self._after(edit.changes, told, costs, answer)
        if intent["type"] == "add":
            self.composing = None
            self.go(next(change.entity.id for change in edit.changes if isinstance(change, Add)), answer)
        elif intent["type"] == "move":
            self.look_at(tuple(change.node for change in edit.changes if isinstance(change, Move)), answer)

    def _make_again(self, intent: Intent, answer: Answer) -> None:
        """The edits that an earlier kernel did not save; those that are refused now are told."""
        refused = []
        for one in self.unsaved.offered:
            try:
                self._edit(one.intent, answer)
            except OrgkitError as error:
                refused.append(f"not made again: {one.label}: {error}")
        self.unsaved.settle(self.org)
        if refused:
            answer["error"] = "\n".join(refused)

    def _forget(self, intent: Intent, answer: Answer) -> None:
        self.unsaved.settle(self.org)

    def _undo(self, intent: Intent, answer: Answer) -> None:
        self._take_back(1, answer)

    def _reset(self, intent: Intent, answer: Answer) -> None:
        self._take_back(len(self.org.history) - self._opened_at, answer)

    def _undo_to(self, intent: Intent, answer: Answer) -> None:
        """Undo until only the first `count` edits stand."""
        count = intent.get("count")
        if not isinstance(count, int) or not 0 <= count <= len(self.org.history):
            raise InputError(f"there are {len(self.org.history)} edits, not {count!r}")
        self._take_back(len(self.org.history) - count, answer)

    def _take_back(self, count: int, answer: Answer) -> None:
        if count <= 0:
            raise InputError("there is nothing to undo")
        if not self.org.history:
            self.org.undo()  # raises, in the design's own words
        inverses = [edit.inverse for edit in reversed(self.org.history[-count:])]
        label = inverses[0].label if count == 1 else f"undo {count} edits"
        self._repeat(label, inverses, self.org.undo, answer)

    def _redo(self, intent: Intent, answer: Answer) -> None:
        if not self.org.undone:
            self.org.redo()  # raises, in the design's own words
        edit = self.org.undone[0]
        self._repeat(f"redo: {edit.label}", [edit], self.org.redo, answer)

    def _repeat(self, label: str, those: Sequence[Edit], again: Callable[[], Edit], answer: Answer) -> None:
        changes = changes_of(those)
        self.draft.perform(Edit(label, changes))
        costs = replanned(self.costs, self.draft, changes)
        told = self.meaning(label, changes, costs)
        for _ in those:
            again()
        self._after(changes, told, costs, answer)

    def meaning(self, label: str, changes: Iterable[Change], costs: Costs, *, examples: bool = True) -> Consequences:
        """From the design as it stands to the draft, whose planned costs are given."""
        return consequences(label, self.org, self.draft, changes, costs=(self.costs, costs), examples=examples)

    def _follow_others(self, answer: Answer) -> None:
        """Take over what was edited in Python since the last intent."""
        changes = self.org.changes(self.revision)
        if not changes:
            return
        if self._draft is None:
            self._draft = self.org.copy()
            self._draft.build(*(change.inverse for change in reversed(changes)))
        costs = replanned(self.costs, self.org, changes)
        told = consequences("edited in Python", self._draft, self.org, changes, costs=(self.costs, costs))
        self._draft.perform(Edit(told.label, changes))
        self._after(changes, told, costs, answer)

    def _after(self, changes: Sequence[Change], told: Consequences, costs: Costs, answer: Answer) -> None:
        """Bring everything that is shown up to the design, and note which rows changed."""
        before = self._shown_on_rows
        self.revision = self.org.revision
        self.unsaved.keep(self.org)
        self.costs = costs
        self.log = [*self.log, told][-_KEPT:]
        if self.checked is not None or self.is_small:
            self.find_problems()
        if self.is_small:
            self.make_plan()
        self.say_what_is_due(answer)
        nodes, parents, gone = concerned(self.org, changes)
        for was, now in zip(before, self._shown_on_rows, strict=True):
            nodes |= differing(was, now)
        self.show_rows(nodes, answer, parents, gone)
        self.opened -= gone
        left = tuple(node for node in self.selected if node in self.org)
        if left != self.selected:
            stand_in = next((parent for parent in parents if parent in self.org), self.org.root.id)
            self.look_at(left or (stand_in,), answer)
        if self.filter:
            answer["filter"] = self.filtered()

    _own: Final[Mapping[str, Verb]] = {
        "make_again": _make_again,
        "forget": _forget,
        "undo": _undo,
        "redo": _redo,
        "reset": _reset,
        "undo_to": _undo_to,
    }
    verbs: Final[Mapping[str, Verb]] = {**_own, **VERBS}

    # ---- parts ---------------------------------------------------------------------------------------

    @property
    def focus(self) -> str:
        """The node that the panels are about: the one selected last."""
        return self.selected[-1] if self.selected else self.org.root.id

    @property
    def permissions(self) -> Permissions:
        """The whole catalogue × the whole tree, following every edit."""
        self._permissions = permissions(self.org) if self._permissions is None else self._permissions.after(self.org)
        return self._permissions

    @property
    def own_edits(self) -> int:
        """How many edits stand that were made since the designer was opened."""
        return max(0, len(self.org.history) - self._opened_at)

    @property
    def _shown_on_rows(self) -> tuple[Mapping[str, Any], ...]:
        """What the badges of the tree are made of, by node."""
        return self.costs, self.by_node, self.marks

    @property
    def is_small(self) -> bool:
        """Whether everything is worked out at once, and not only when asked for."""
        return len(self.org.tree()) <= AT_ONCE

    def show_rows(
        self, nodes: Iterable[str], answer: Answer, parents: Iterable[str] = (), gone: Iterable[str] = ()
    ) -> None:
        """Have the browser change these rows, the children of these parents, and take away what is gone."""
        rows = Rows(self.org, self.costs, self.by_node, self.marks)
        in_tree = [node for node in nodes if node in self.org and self.org.entity(node).kind != "policy"]
        answer["patch"] = _joined(answer.get("patch"), patch(rows, self.org, in_tree, parents, gone))

    def with_problems_and_steps(self, told: Consequences) -> Consequences:
        """What an edit means that was made on the draft only, with what takes longer to find out."""
        told = replace(told, problems=problems_changed(self.problems, self.drafted.problems()))
        if self.live is None or self.plan_due or not self.is_small:
            return told
        try:
            steps, spared = steps_changed(self.plan, self._planned(self.draft, self.live))
        except OrgkitError as error:
            return replace(told, ways=(*told.ways, f"this cannot be planned: {error}"))
        return replace(told, steps=steps, spared=spared)

    def say_what_is_due(self, answer: Answer) -> None:
        """After how many milliseconds in which nothing else is asked for the browser says `ready`."""
        if self.checked != self.revision:
            answer["due"] = _SOON
        elif self.plan_due:
            answer["due"] = _LATER

    def find_problems(self) -> None:
        """Look for problems; which are new and which are solved is told with the last edit."""
        before, first = self.problems, self.checked is None
        self.problems, self.checked = self._checker.problems(), self.revision
        if self.log and not first:
            self.log[-1] = replace(self.log[-1], problems=problems_changed(before, self.problems))
        ordered = sorted((problem for problem in self.problems if problem.node), key=lambda one: one.node or "")
        self.by_node = {node or "": tuple(those) for node, those in groupby(ordered, key=lambda one: one.node)}

    @property
    def plan_due(self) -> bool:
        """Whether there is something to plan against, and the plan is of an earlier state."""
        return self.live is not None and self.planned != self.revision

    def make_plan(self) -> None:
        """Plan against the live organization, if there is one; what is to do now is told with the last edit."""
        if self.live is None:
            return
        from orgkit.provision import looked_at

        before, first = self.plan, self.planned is None
        self.planned, self.unplanned = self.revision, ""
        try:
            self.live = looked_at(self.org, self.live)
            self.plan = self._planned(self.org, self.live)
        except OrgkitError as error:
            self.plan, self.marks, self.unplanned = None, {}, str(error)
            return
        self.marks = marks_of(self.org, self.plan)
        if self.log and not first:
            steps, spared = steps_changed(before, self.plan)
            self.log[-1] = replace(self.log[-1], steps=steps, spared=spared)

    def _planned(self, org: Organization, live: Organization) -> Plan:
        from orgkit.provision import plan

        return plan(org, live)

    def filtered(self) -> Answer:
        if not self.filter:
            return {"text": "", "found": None}
        return {"text": self.filter, "found": matching(self.org, self.filter, self.by_node, self.marks)}

    def _surroundings(self) -> Answer:
        """What stands around the tree: panels, the last edit's consequences, what can be undone."""
        try:
            shown = panels.PANELS[self.panel].blocks(self)
        except OrgkitError as error:
            shown = panels.failed(error)
        return {
            "panel": {"name": self.panel, "blocks": shown},
            "tabs": panels.tabs(self),
            "strip": panels.strip(self),
            "undo": self.org.history[-1].label if self.org.history else None,
            "redo": self.org.undone[0].label if self.org.undone else None,
            "counts": {"ous": len(self.org.ous()), "accounts": len(self.org.accounts())},
        }

    def go(self, node: str, answer: Answer) -> None:
        if self.org.entity(node).kind != "policy":
            self.opened.update(self.org.ancestors(node))
            if self.filter and node not in self.filtered()["found"]:
                self.filter = ""
                answer["filter"] = self.filtered()
        self.look_at((node,), answer)

    def look_at(self, nodes: tuple[str, ...], answer: Answer) -> None:
        self.selected = nodes
        opened = [node for top in nodes if self.org.entity(top).kind != "policy" for node in self.org.ancestors(top)]
        self.opened.update(opened)
        answer["view"] = {"selected": list(nodes), "opened": opened}

    def _shallow(self) -> set[str]:
        """What is open to begin with: as many levels as fit on a screen."""
        opened: set[str] = set()
        shown = 1 + len(self.org.children(self.org.root.id))
        for ou in self.org.ous():
            shown += len(self.org.children(ou.id))
            if shown > 40:
                break
            opened.add(ou.id)
        return opened


def _joined(first: Answer | None, second: Answer) -> Answer:
    """Two patches as one: of what both say, the second holds."""
    if first is None:
        return second
    rows = {row[0]: row for row in (*first["rows"], *second["rows"])}
    return {
        "rows": list(rows.values()),
        "children": {**first["children"], **second["children"]},
        "gone": list(dict.fromkeys((*first["gone"], *second["gone"]))),
    }
