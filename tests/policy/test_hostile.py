"""Input that nobody should send: large, deep, strange or made to be slow. An answer or an OrgkitError, and soon."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from orgkit import policy
from orgkit.errors import OrgkitError
from tests.policy.test_cases import FULL

MANY = 10_000


def deny(**more: Any) -> dict[str, Any]:
    """A Deny of everything, with what is given put in."""
    return {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", **more}}


def ask(document: Any, request: dict[str, Any] | None = None, *, partial: bool = False, **context: Any) -> str:
    """The answer as text, reasons and all."""
    asked = {"action": "s3:GetObject", "context": context.get("context", {}), **(request or {})}
    return str(policy.evaluate([[FULL, document]], asked, partial=partial))


@contextmanager
def soon() -> Iterator[None]:
    """Fail where it takes longer than seconds of the processor's time; it takes a tenth of one."""
    start = time.process_time()
    yield
    assert time.process_time() - start < 3


@pytest.mark.parametrize("stars", [2, 4, 8, 60, 400])
def test_stars_take_no_time_wherever_they_stand(stars: int) -> None:
    """Backtracking would try billions of ways: two to the power, or the fourth power of the length."""
    wild, text = "*a" * stars + "c", "a" * 4000 + "b"
    with soon():
        ask(deny(Action=f"s3:{wild}"), {"action": f"s3:{text}"})
        ask(deny(Resource=f"arn:aws:s3:::{wild}"), {"resource": f"arn:aws:s3:::{text}"})
        ask(deny(Resource=f"arn:aws:{wild}:{wild}:*:{wild}"), {"resource": f"arn:aws:{text}:{text}::{text}"})
        ask(deny(Resource=f"arn:aws:s3:::{wild}"), {"resource": "arn:aws:s3:::" + "a*" * 900 + "b"})
        ask(deny(Condition={"StringLike": {"s3:prefix": [wild, wild + "?c", "?" + wild, wild + "d"]}}),
            context={"s3:prefix": text})  # fmt: skip
        ask(deny(Condition={"ArnLike": {"aws:SourceArn": f"arn:{wild}:{wild}::{wild}:{wild}"}}),
            context={"aws:SourceArn": ":".join(["arn", text, text, "", text, text])})  # fmt: skip


@pytest.mark.parametrize(
    ("operator", "values", "value"),
    [
        ("StringEquals", [f"v{i}" for i in range(MANY)], "x"),
        ("StringLike", [f"*{i}*x*y" for i in range(MANY)], "x" * 50),
        ("ArnLike", [f"arn:aws:iam::*:role/{i}*z*" for i in range(MANY)], "arn:aws:iam::111122223333:role/x"),
        ("IpAddress", [f"10.{i // 250}.{i % 250}.0/24" for i in range(MANY)], "203.0.113.7"),
        ("NumericLessThan", list(range(MANY)), "1e9"),
        ("StringEquals", [f"${{aws:PrincipalTag/{i}}}" for i in range(MANY)], "x"),
    ],
    ids=["texts", "patterns", "ARNs", "addresses", "numbers", "variables"],
)
def test_ten_thousand_values(operator: str, values: list[Any], value: str) -> None:
    """Asked, explained, and asked what it turns on; the answer stays one that fits on a screen."""
    document = deny(Condition={operator: {"aws:x": values}})
    with soon():
        assert len(ask(document, context={"aws:x": value})) < 2000
        assert len(ask(document, context={"aws:x": str(values[7])})) < 2000
        assert len(ask(document, partial=True)) < 5000


def test_a_document_of_thousands_of_statements() -> None:
    """All on one key and each on its own resource; no policy is so long, but a merge may be."""
    one = deny()["Statement"]
    many = [
        one | {"Resource": f"arn:aws:s3:::b{i}/*", "Condition": {"StringLike": {"s3:prefix": f"{i}*"}}}
        for i in range(2000)
    ]
    with soon():
        assert "DEPENDS" in ask({"Version": "2012-10-17", "Statement": many}, partial=True)


def test_a_value_of_many_variables() -> None:
    """Each may have several values, and not all combinations can be tried."""
    text = "".join(f"${{aws:PrincipalTag/{i}}}" for i in range(40))
    with soon():
        assert "DEPENDS" in ask(deny(Condition={"StringEquals": {"s3:prefix": text}}), partial=True)


def nested(depth: int) -> list[Any]:
    """A list in a list in a list …"""
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


STRANGE = [None, 1.5, float("nan"), 10**5000, b"x", {}, set(), [None], nested(100_000), object(), ...]


@pytest.mark.parametrize("strange", STRANGE, ids=lambda one: type(one).__name__)
def test_strange_values_are_refused_in_words(strange: Any) -> None:
    """Wherever it is put: an answer, or an error of ours with a short message."""
    attempts = [
        lambda: policy.evaluate(strange, {"action": "s3:x"}),
        lambda: policy.evaluate([strange], {"action": "s3:x"}),
        lambda: policy.evaluate([[strange]], {"action": "s3:x"}),
        lambda: policy.evaluate([[FULL]], strange),
        lambda: ask(FULL, {"action": strange}),
        lambda: ask(FULL, {"principal": strange}),
        lambda: ask(deny(Resource="arn:aws:s3:::x"), {"resource": strange}),
        lambda: ask(deny(Condition={"StringEquals": {"s3:x": "a"}}), context={"s3:x": strange}),
        *(lambda key=key: ask(deny(**{key: strange})) for key in ("Sid", "Effect", "Action", "Resource", "Condition")),
        lambda: ask(deny(Condition={"NumericEquals": {"s3:x": strange}})),
        lambda: ask({"Version": strange, "Statement": []}),
    ]
    for attempt in attempts:
        try:
            attempt()
        except OrgkitError as error:
            assert len(str(error)) < 500


@pytest.mark.parametrize("text", ["", "\ufeff", "NaN", "[" * 100_000, '{"Statement": NaN}', "null", '"x"', "9" * 5000])
def test_texts_that_are_no_policy(text: str) -> None:
    """Not JSON, not an object, or nested deeper than Python goes."""
    with pytest.raises(OrgkitError):
        policy.parse(text)


def test_numbers_stand_as_they_are_written() -> None:
    """A float would read 1e309 as infinity and lose the twentieth digit."""
    text = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition":'
    document = text + ' {"NumericEquals": {"s3:max-keys": [1e309, 0.12345678901234567890]}}}}'
    assert policy.problems(document) == []
    for written in ("1e309", "0.1234567890123456789"):
        assert "BLOCKED" in ask(document, context={"s3:max-keys": written}).splitlines()[0].split("  ")
    assert "NOT BLOCKED" in ask(document, context={"s3:max-keys": "0.12345678901234568"})


def test_a_byte_order_mark_does_no_harm() -> None:
    """Editors put one there."""
    assert policy.parse('\ufeff{"Version": "2012-10-17", "Statement": []}').statements == ()
