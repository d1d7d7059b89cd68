"""Many rules asked as few give the same answer as each asked alone."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from orgkit import policy
from orgkit.policy.fusing import distinct_tests, fused_denies
from tests.policy.strategies import RESOURCES, contexts, documents


@settings(max_examples=150)
@given(st.lists(documents(), min_size=2, max_size=5), st.lists(contexts(), min_size=2, max_size=4))
def test_fused_tests_agree_with_single_ones(some: list[dict[str, Any]], asked: list[dict[str, Any]]) -> None:
    """Also when the same tests, with their memory, are asked about several requests."""
    statements = [one for document in some for one in policy.parse(document).statements] * 2
    fused, once = fused_denies(statements), distinct_tests(statements)
    assert len(fused) <= len(once) <= len(statements) // 2
    for context in asked:
        for resource in RESOURCES:
            view = policy.request_view(context, resource=resource, partial=False)
            expected = any(one.applies(view) for one in statements)
            assert any(test(view) is not False for test in fused) == expected
            assert any(test(view) is not False for test in once) == expected


def test_a_full_memory_starts_afresh() -> None:
    """More values than are kept leave the answers as they are."""
    guards = [
        policy.parse(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Deny",
                    "Action": "*",
                    "Resource": "*",
                    "Condition": {"StringEquals": {"a:k": value}},
                },
            }
        ).statements[0]
        for value in ("1", "5000")
    ]
    (test,) = fused_denies(guards)
    hits = [n for n in range(6000) if test(policy.request_view({"a:k": n}, partial=False))]
    assert hits == [1, 5000]
