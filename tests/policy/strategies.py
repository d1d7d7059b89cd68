"""Random policies, levels and requests over a small world, so that things meet."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TEXTS = ["a", "ab", "A", "b", "", "x y"]
VALUES: dict[str, list[Any]] = {
    "aws:RequestedRegion": ["eu-west-1", "us-east-1", "eu-central-1"],
    "s3:prefix": TEXTS,
    "aws:ResourceTag/team": TEXTS,
    "aws:PrincipalTag/team": TEXTS,
    "aws:TagKeys": [["a"], ["a", "b"], ["b", "x y"], [], "ab"],
    "s3:max-keys": [1, 5, "5.0", 10, "10abc"],
    "aws:CurrentTime": ["2026-01-01T00:00:00Z", "1767225600", "2025-06-01", "2026-07-01T12:00:00+02:00"],
    "aws:SecureTransport": [True, False, "true", "maybe"],
    "aws:SourceIp": ["203.0.113.5", "2001:db8::1", "10.0.0.1", "nothing"],
    "aws:SourceArn": ["arn:aws:sns:eu-west-1:123456789012:t", "arn:aws:sns:us-east-1:123456789012:u", "a"],
}
WANTED: dict[str, list[Any]] = {
    "String": [*TEXTS, "eu-west-1", "us-east-1", "${aws:PrincipalTag/team}", "${aws:PrincipalTag/team, 'a'}"],
    "Like": ["a*", "*", "?", "eu-*", "*b", "x?y", "${aws:PrincipalTag/team}*"],
    "Numeric": [1, "5", 10, "x"],
    "Date": ["2026-01-01T00:00:00Z", 1767225600, "2026-06-01"],
    "Bool": [True, "false", "true"],
    "Ip": ["203.0.113.0/24", "2001:0DB8::/32", "10.0.0.1", "0.0.0.0/0"],
    "Arn": ["arn:aws:sns:*:*:t", "arn:aws:sns:eu-*:123456789012:*", "arn:aws:*:t", "arn:*:*:*:*:*"],
}
OPERATORS: dict[str, tuple[list[str], list[str], str]] = {
    "String": (
        ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"],
        ["aws:RequestedRegion", "s3:prefix", "aws:ResourceTag/team", "aws:TagKeys"],
        "String",
    ),
    "Like": (
        ["StringLike", "StringNotLike"],
        ["aws:RequestedRegion", "s3:prefix", "aws:ResourceTag/team", "aws:TagKeys"],
        "Like",
    ),
    "Numeric": (
        ["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"],
        ["s3:max-keys"],
        "Numeric",
    ),
    "Date": (["DateEquals", "DateNotEquals", "DateLessThanEquals", "DateGreaterThan"], ["aws:CurrentTime"], "Date"),
    "Bool": (["Bool"], ["aws:SecureTransport"], "Bool"),
    "Ip": (["IpAddress", "NotIpAddress"], ["aws:SourceIp"], "Ip"),
    "Arn": (["ArnLike", "ArnNotEquals"], ["aws:SourceArn"], "Arn"),
}
ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:DeleteBucket", "ec2:RunInstances", "iam:CreateUser"]
ACTION_PATTERNS = ["*", "s3:*", "s3:Get*", "S3:*object", "ec2:Run?nstances", "iam:CreateUser", "*:Delete*"]
RESOURCES = ["arn:aws:s3:::b/k", "arn:aws:s3:::b", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"]
RESOURCE_PATTERNS = [
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::*",
    "arn:aws:s3:*",
    "arn:aws:ec2:*:*:instance/*",
    "arn:*:*:*:*:b",
]


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    """One operator with one or two keys."""
    names, keys, wanted = OPERATORS[draw(st.sampled_from(sorted(OPERATORS)))]
    key = draw(st.sampled_from(keys))
    if draw(st.integers(0, 9)) == 0:
        return {"Null": {key: draw(st.sampled_from(["true", "false"]))}}
    qualifier = draw(st.sampled_from(["", "", "", "ForAllValues:", "ForAnyValue:"]))
    suffix = draw(st.sampled_from(["", "", "IfExists"]))
    values = draw(st.lists(st.sampled_from(WANTED[wanted]), min_size=1, max_size=3))
    return {f"{qualifier}{draw(st.sampled_from(names))}{suffix}": {key: values if len(values) > 1 else values[0]}}


@st.composite
def statements(draw: st.DrawFn, effects: tuple[str, ...] = ("Deny", "Allow")) -> dict[str, Any]:
    """A statement."""
    found: dict[str, Any] = {"Effect": draw(st.sampled_from(effects))}
    some = st.lists(st.sampled_from(ACTION_PATTERNS), min_size=1, max_size=2)
    found[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(some)
    if draw(st.booleans()):
        found["Resource"] = "*"
    else:
        where = st.lists(st.sampled_from(RESOURCE_PATTERNS), min_size=1, max_size=2)
        found[draw(st.sampled_from(["Resource", "NotResource"]))] = draw(where)
    merged: dict[str, Any] = {}
    for one in draw(st.lists(conditions(), max_size=2)):
        for operator, keys in one.items():
            merged.setdefault(operator, {}).update(keys)
    if merged:
        found["Condition"] = merged
    return found


def documents() -> st.SearchStrategy[dict[str, Any]]:
    """A policy of one to three statements."""
    return st.builds(
        lambda version, found: {"Version": version, "Statement": found},
        st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"]),
        st.lists(statements(), min_size=1, max_size=3),
    )


def levels() -> st.SearchStrategy[list[list[dict[str, Any]]]]:
    """One to three levels, most of them with FullAWSAccess."""
    level = st.builds(
        lambda full, some: [*([FULL] if full else []), *some],
        st.sampled_from([True, True, True, False]),
        st.lists(documents(), max_size=2),
    )
    return st.lists(level, min_size=1, max_size=3)


def contexts() -> st.SearchStrategy[dict[str, Any]]:
    """Some keys with values; the rest is left out."""
    return st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in VALUES.items()})


def requests() -> st.SearchStrategy[dict[str, Any]]:
    """A request about one resource, several, or none."""
    one = st.sampled_from(RESOURCES)
    return st.builds(
        lambda action, resource, context: {
            "action": action,
            "context": context,
            **({} if resource is None else {"resource": resource}),
        },
        st.sampled_from(ACTIONS),
        st.one_of(st.none(), one, st.lists(one, min_size=1, max_size=2)),
        contexts(),
    )
