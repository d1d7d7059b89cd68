"""Wildcards and ARNs."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from orgkit.policy.patterns import arn_contains, arn_overlaps, contains, glob, overlaps
from tests.policy.reference import wild

PATTERNS = st.text(alphabet="ab*?", max_size=7)
TEXTS = st.text(alphabet="ab", max_size=7)


@given(PATTERNS, TEXTS)
def test_glob_agrees_with_recursion(pattern: str, text: str) -> None:
    """However a pattern is compiled, it matches what the plain definition matches."""
    assert bool(glob(pattern)(text)) == wild(pattern, text)


@given(PATTERNS, PATTERNS, TEXTS)
def test_overlap_and_containment_are_true_of_every_text(one: str, other: str, text: str) -> None:
    """A text in both patterns means overlap; containment means that none is left out."""
    if wild(one, text) and wild(other, text):
        assert overlaps(one, other)
    if contains(one, other) and wild(other, text):
        assert wild(one, text)


@given(PATTERNS)
def test_overlap_is_exact_for_plain_texts(pattern: str) -> None:
    """Against a plain text, overlap and containment are just matching."""
    for text in ("", "a", "ab", "bab"):
        assert overlaps(pattern, text) == overlaps(text, pattern) == contains(pattern, text) == wild(pattern, text)


def test_arns_overlap_part_by_part() -> None:
    """A star in one part reaches no other part."""
    assert arn_overlaps("arn:aws:s3:::b/*", "arn:*:s3:::b/secret/*")
    assert not arn_overlaps("arn:aws:s3:::b/*", "arn:aws:s3:::c/*")
    assert arn_contains("arn:aws:s3:::b/*", "arn:aws:s3:::b/secret/*")
    assert not arn_contains("arn:aws:s3:::b/secret/*", "arn:aws:s3:::b/*")
    assert arn_contains("*", "arn:aws:s3:::b/*")


def test_a_hostile_pattern_takes_no_time() -> None:
    """Many stars against a long text stay a matter of milliseconds."""
    start = time.process_time()
    assert not glob("*a" * 40 + "b")("a" * 5000)
    assert time.process_time() - start < 5
