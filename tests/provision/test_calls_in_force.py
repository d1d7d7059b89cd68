"""What a plan says about its own calls is what the embedded AWS does: a plan that nothing stops is carried out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orgkit import plan
from orgkit.cloud import connect, read
from orgkit.design import SCP
from orgkit.errors import Incomplete
from orgkit.provision import apply
from tests.provision.access_designs import SECRET, VARIABLE, organization

ROLES = ("arn:aws:iam::*:role/OrganizationAccountAccessRole", "arn:aws:iam::*:role/platform")
CONDITIONS: tuple[dict[str, Any], ...] = (
    {},
    {"ArnNotLike": {"aws:PrincipalArn": ROLES[0]}},
    {"ArnNotLike": {"aws:PrincipalArn": ROLES[1]}},
    {"ArnLike": {"aws:PrincipalArn": list(ROLES)}},
    {"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}},
    {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
    {"StringNotEquals": {"aws:PrincipalOrgID": "o-another000"}},
    {"Null": {"iam:PermissionsBoundary": "true"}},
    {"Null": {"aws:RequestTag/Team": "true"}},
    {"StringNotEquals": {"aws:RequestTag/Team": "platform"}},
    {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"Bool": {"aws:ViaAWSService": "true"}},
)
ACTIONS = ("*", "iam:*", "iam:CreateRole", "iam:PutRolePolicy", "iam:Tag*", "sts:AssumeRole", "s3:*")


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    """A Deny about the calls that make a role, or about others."""
    statement: dict[str, Any] = {"Effect": "Deny", "Resource": draw(st.sampled_from(("*", "arn:aws:iam::*:role/dep*")))}
    statement[draw(st.sampled_from(("Action", "Action", "NotAction")))] = draw(st.sampled_from(ACTIONS))
    condition = draw(st.sampled_from(CONDITIONS))
    return {**statement, "Condition": condition} if condition else statement


@given(denied=st.lists(statements(), min_size=1, max_size=2), where=st.sampled_from(("Production", "shop", "root")))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_plan_that_nothing_stops_is_carried_out(
    denied: list[dict[str, Any]], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, SECRET)
    design = organization()
    design.add_policy("guard", {"Version": "2012-10-17", "Statement": denied}, type=SCP)
    design.attach("guard", where)
    with connect("sandbox") as target:
        made = plan(design, read(target))
        stopped = {problem.code for problem in made.blocked}
        assert stopped <= {"call-stopped"}
        if stopped:
            return
        open_ended = "call-stopped" in {problem.code for problem in made.held}
        try:
            apply(made, target, approve=made.digest)
        except Incomplete:
            assert open_ended, str(made)  # it turned on something that the plan could not know
