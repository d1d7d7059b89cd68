"""What must hold for every policy and every request."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from orgkit import policy
from orgkit.policy.explain import explain
from tests.policy import reference
from tests.policy.strategies import FULL, RESOURCES, VALUES, contexts, documents, levels, requests, statements

Raw = dict[str, Any]
_ORDER = {"allowed": 0, "implicitDeny": 1, "explicitDeny": 2}


@settings(max_examples=400)
@given(levels(), requests())
def test_a_naive_evaluator_agrees(chain: list[list[Raw]], request: Raw) -> None:
    """An evaluator written apart comes to the same outcome."""
    assert policy.evaluate(chain, request).outcome == reference.decide(chain, request)


@settings(max_examples=150)
@given(levels(), requests())
def test_the_explained_path_agrees_with_the_fast_one(chain: list[list[Raw]], request: Raw) -> None:
    """Reasons are worked out by other code than the outcome; both say the same."""
    compiled = policy.compile(chain)
    assert explain(compiled.read(request, False), compiled.level_names).outcome == compiled.outcome(request)


@settings(max_examples=120)
@given(levels(), requests(), statements(effects=("Deny",)), st.integers(0, 2))
def test_adding_a_deny_never_allows_more(chain: list[list[Raw]], request: Raw, deny: Raw, place: int) -> None:
    """One more Deny, at whatever level, leaves a request as blocked as it was or more."""
    more = [list(level) for level in chain]
    more[place % len(more)].append({"Version": "2012-10-17", "Statement": [deny]})
    before, after = policy.evaluate(chain, request).outcome, policy.evaluate(more, request).outcome
    assert _ORDER[after] >= _ORDER[before]


@settings(max_examples=120)
@given(levels(), requests(), st.integers(0, 2))
def test_a_level_without_any_allow_blocks_all(chain: list[list[Raw]], request: Raw, place: int) -> None:
    """FullAWSAccess is a policy like others: take every Allow from one level and nothing passes."""
    bare = [list(level) for level in chain]
    at = place % len(bare)
    bare[at] = [
        {**document, "Statement": [one for one in document["Statement"] if one["Effect"] == "Deny"]}
        for document in bare[at]
    ]
    assert policy.evaluate(bare, request).blocked is True


@settings(max_examples=120)
@given(levels(), requests(), st.randoms(use_true_random=False))
def test_order_never_matters(chain: list[list[Raw]], request: Raw, rng: random.Random) -> None:
    """Statements, policies of a level and levels may stand in any order."""
    mixed = [
        [{**one, "Statement": rng.sample(one["Statement"], len(one["Statement"]))} for one in level] for level in chain
    ]
    for level in mixed:
        rng.shuffle(level)
    rng.shuffle(mixed)
    assert policy.evaluate(mixed, request).outcome == policy.evaluate(chain, request).outcome


@settings(max_examples=120)
@given(levels(), requests(), contexts(), st.sampled_from(RESOURCES))
def test_a_fuller_context_never_contradicts_a_definite_answer(
    chain: list[list[Raw]], request: Raw, more: Raw, resource: str
) -> None:
    """What is definite with unknown keys stays so whatever the keys turn out to be."""
    early = policy.evaluate(chain, request, partial=True)
    complete = {**request, "context": {**more, **request["context"]}}
    complete.setdefault("resource", resource)
    late = policy.evaluate(chain, complete).outcome
    if early.outcome != "undetermined":
        assert early.missing == ()
        assert late == early.outcome
    else:
        assert late in early.outcomes or len(early.outcomes) < 2
        assert early.blocked is None or early.blocked == (late != "allowed")
    half = policy.evaluate(
        chain, {**complete, "context": {**request["context"], **dict(list(more.items())[:2])}}, partial=True
    )
    if early.outcome != "undetermined" and not set(list(more)[:2]) & set(request["context"]):
        assert half.outcome == early.outcome


@settings(max_examples=120)
@given(levels(), requests())
def test_filling_in_what_is_missing_ends_the_doubt(chain: list[list[Raw]], request: Raw) -> None:
    """Each case that a decision shows for a key gives the outcome it promises, when the others are as it says."""
    decision = policy.evaluate(chain, request, partial=True)
    assert (decision.outcome == "undetermined") == bool(decision.missing)
    if decision.outcome == "undetermined":
        assert len(decision.reasons) > 0
        assert {turn.key for turn in decision.turns_on} == set(decision.missing)
        given_keys = {key.lower() for key in request["context"]}
        assert not given_keys & {key.lower() for key in decision.missing}
        for turn in decision.turns_on:
            assert not turn.cases or len({case.outcome for case in turn.cases}) > 1


@settings(max_examples=120)
@given(st.lists(documents(), max_size=2), requests(), st.sampled_from(sorted(VALUES)))
def test_a_key_that_decides_is_named(some: list[Raw], request: Raw, key: str) -> None:
    """Where one key alone is open and two of its values lead to different outcomes, that key is named."""
    chain = [[FULL, *some]]
    context = dict.fromkeys((*VALUES, "aws:PrincipalTag/team")) | request["context"]
    context.pop(key, None)
    asked = {**request, "context": context}
    asked.setdefault("resource", RESOURCES[0])
    outcomes = {
        policy.evaluate(chain, {**asked, "context": {**context, key: value}}).outcome for value in [None, *VALUES[key]]
    }
    decision = policy.evaluate(chain, asked, partial=True)
    if len(outcomes) > 1:
        assert decision.missing == (key,)
    assert set(decision.missing) <= {key}
