"""Whatever is edited, undoing all of it gives the organization back, and redoing it the one that was made."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from orgkit.design import Money, Organization, Settings, references
from orgkit.design.sections import Baseline, Expectation
from orgkit.errors import InputError
from tests.design.organizations import DENY, small, usd

NAMES = st.sampled_from(["alpha", "beta", "gamma", "Workloads", "shop", "no-iam"])


def state(org: Organization) -> Any:
    """Everything that can be seen of an organization, order included."""
    return (
        org.settings,
        [(entity, parent) for entity, parent in org.tree()],
        [(node, org.attached(node)) for node in org.subtree()],
        {policy.id: (policy, org.targets(policy.id)) for policy in org.policies()},
        [org.path(node) for node in org.subtree()],
        [org.aws_path(node) for node in org.subtree()],
    )


class Edits(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.org = small()
        self.org.configure(
            baselines={"base": Baseline(name="base", to=("Workloads/Production", "shop"))},
            expectations=(Expectation(where="Workloads", actions=("s3:*",), can=True),),
        )
        self.org = self.org.copy()
        self.start = state(self.org)

    def pick(self, data: st.DataObject, *kinds: str) -> str:
        return data.draw(st.sampled_from([e.id for e in self.org.entities() if e.kind in kinds]))

    def attempt(self, verb: str, *arguments: Any, **fields: Any) -> None:
        """An edit that is refused changes nothing."""
        before, revision = state(self.org), self.org.revision
        try:
            edit = getattr(self.org, verb)(*arguments, **fields)
        except InputError as error:
            assert str(error)
            assert state(self.org) == before
            assert self.org.revision == revision
        else:
            assert self.org.history[-1] is edit
            assert self.org.revision == revision + 1

    @rule(data=st.data(), name=NAMES)
    def add_ou(self, data: st.DataObject, name: str) -> None:
        self.attempt("add_ou", name, self.pick(data, "root", "ou"), tags={"Team": name})

    @rule(data=st.data(), name=NAMES)
    def add_account(self, data: st.DataObject, name: str) -> None:
        self.attempt("add_account", name, self.pick(data, "root", "ou"), email=f"{name}@example.com")

    @rule(name=NAMES)
    def add_policy(self, name: str) -> None:
        self.attempt("add_policy", name, DENY)

    @rule(data=st.data(), name=NAMES)
    def rename(self, data: st.DataObject, name: str) -> None:
        self.attempt("rename", self.pick(data, "root", "ou", "account", "policy"), name)

    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        self.attempt("move", self.pick(data, "root", "ou", "account"), self.pick(data, "root", "ou", "account"))

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        self.attempt("remove", self.pick(data, "root", "ou", "account", "policy"))

    @rule(data=st.data())
    def attach(self, data: st.DataObject) -> None:
        policy = data.draw(st.sampled_from([p.id for p in self.org.policies()] + ["FullAWSAccess"]))
        self.attempt("attach", policy, self.pick(data, "root", "ou", "account"))

    @rule(data=st.data())
    def detach(self, data: st.DataObject) -> None:
        policy = data.draw(st.sampled_from([p.id for p in self.org.policies()] + ["FullAWSAccess"]))
        self.attempt("detach", policy, self.pick(data, "root", "ou", "account"))

    @rule(data=st.data(), name=NAMES, budget=st.none() | st.just(usd(7)))
    def set(self, data: st.DataObject, name: str, budget: Money | None) -> None:
        self.attempt("set", self.pick(data, "root", "ou", "account"), owner=name, budget=budget)
        self.attempt("set", self.pick(data, "account"), email=f"{name}@example.com")

    @rule(limit=st.integers(1, 9))
    def configure(self, limit: int) -> None:
        self.attempt("configure", limits={"accounts": limit})

    @precondition(lambda self: self.org.history)
    @rule()
    def undo(self) -> None:
        self.org.undo()

    @rule()
    def redo(self) -> None:
        with suppress(InputError):
            self.org.redo()

    @invariant()
    def the_tree_kept_through_edits_is_the_tree_walked_anew(self) -> None:
        assert list(self.org.tree()) == self.org._walk.below(self.org.root.id)
        assert [target.id for target, _ in self.org.tree() if target.kind == "ou"] == [ou.id for ou in self.org.ous()]

    @invariant()
    def names_stand_for_what_has_them(self) -> None:
        for entity in self.org.entities():
            assert self.org.find(entity.id) == entity.id
            if entity.kind in ("ou", "account"):
                assert self.org.find(self.org.path(entity.id), entity.kind) == entity.id
        assert {e.id for e in self.org.entities() if e.kind != "policy"} == set(self.org.subtree())

    @invariant()
    def settings_name_what_they_named_at_first(self) -> None:
        meant = ["ou:Workloads", "ou:Workloads/Production", "account:shop"]
        found = [self.org._names.matches(name, kinds) for _, name, kinds in references.mentions(self.org.settings)]
        assert all(node in matches for node, matches in zip(meant, found, strict=True)), found

    @invariant()
    def a_copy_is_equal_and_ordered_alike(self) -> None:
        copy = self.org.copy()
        assert copy == self.org
        assert state(copy) == state(self.org)

    def teardown(self) -> None:
        if not hasattr(self, "org"):
            return
        end, count = state(self.org), len(self.org.history)
        for _ in range(count):
            self.org.undo()
        assert state(self.org) == self.start
        for _ in range(count):
            self.org.redo()
        assert state(self.org) == end


TestEdits = Edits.TestCase
TestEdits.settings = settings(max_examples=60, stateful_step_count=25, phases=[Phase.generate])


def test_a_fresh_edit_forgets_what_was_undone() -> None:
    org = small()
    org.undo()
    org.add_ou("Other")
    with suppress(InputError):
        org.redo()
        raise AssertionError("there was something to redo")


def test_settings_begin_empty() -> None:
    assert Organization().settings == Settings()
