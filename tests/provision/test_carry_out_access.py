"""Access carried out where AWS takes its time, is busy, or did not answer: against replies that are made up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from orgkit.errors import CloudError
from orgkit.provision.execution.calls import NoReply
from orgkit.provision.execution.carry_out_access import EXECUTORS

ASSIGNMENT = {
    "InstanceArn": "arn:instance",
    "PermissionSetArn": "arn:set",
    "TargetId": "111122223333",
    "TargetType": "AWS_ACCOUNT",
    "PrincipalType": "GROUP",
    "PrincipalId": "group-1",
}


class Script:
    """Stands for `Calls`: answers each operation with the next of its replies, and notes what was asked."""

    def __init__(self, uncertain: bool = False, **replies: Any) -> None:
        self.uncertain = uncertain
        self.asked: list[str] = []
        self.clock = 0.0
        self._replies = replies

    def call(self, operation: str, parameters: dict[str, Any], **where: Any) -> Any:
        self.asked.append(operation)
        reply = self._replies[operation].pop(0)
        if isinstance(reply, NoReply):
            self.uncertain = True
        if isinstance(reply, Exception):
            raise reply
        return reply

    settle = call

    def pages(self, operation: str, key: str, parameters: dict[str, Any], **where: Any) -> Any:
        return self.call(operation, parameters)

    def now(self) -> float:
        return self.clock

    def pause(self, seconds: float) -> None:
        self.clock += seconds

    def back_off(self) -> float:
        self.pause(1.0)
        return 1.0


def run(kind: str, script: Script, parameters: dict[str, Any]) -> tuple[str, ...]:
    execute: Callable[..., tuple[str, ...]] = EXECUTORS[kind]
    return execute(script, dict(parameters))


def status(state: str, **more: str) -> dict[str, Any]:
    return {"AccountAssignmentCreationStatus": {"Status": state, "RequestId": "r-1", **more}}


def test_an_assignment_is_followed_to_its_end() -> None:
    script = Script(
        CreateAccountAssignment=[status("IN_PROGRESS")],
        DescribeAccountAssignmentCreationStatus=[status("IN_PROGRESS"), status("SUCCEEDED")],
    )
    assert run("assign", script, ASSIGNMENT) == ()
    assert script.asked == ["CreateAccountAssignment", *["DescribeAccountAssignmentCreationStatus"] * 2]


def test_a_failed_assignment_says_why() -> None:
    script = Script(
        CreateAccountAssignment=[status("IN_PROGRESS")],
        DescribeAccountAssignmentCreationStatus=[status("FAILED", FailureReason="the policy is not there")],
    )
    with pytest.raises(CloudError, match="the policy is not there"):
        run("assign", script, ASSIGNMENT)


def test_an_assignment_that_never_ends_is_given_up() -> None:
    script = Script(
        CreateAccountAssignment=[status("IN_PROGRESS")],
        DescribeAccountAssignmentCreationStatus=[status("IN_PROGRESS")] * 1000,
    )
    with pytest.raises(CloudError, match="does not end"):
        run("assign", script, ASSIGNMENT)


def test_an_assignment_that_an_interrupted_run_made_is_not_made_again() -> None:
    script = Script(uncertain=True, ListAccountAssignments=[[{"PrincipalId": "group-1"}]])
    assert run("assign", script, ASSIGNMENT) == ()
    assert script.asked == ["ListAccountAssignments"]


def test_provisioning_is_followed_to_its_end() -> None:
    working = {"PermissionSetProvisioningStatus": {"Status": "IN_PROGRESS", "RequestId": "r-2"}}
    done = {"PermissionSetProvisioningStatus": {"Status": "SUCCEEDED", "RequestId": "r-2"}}
    script = Script(ProvisionPermissionSet=[working], DescribePermissionSetProvisioningStatus=[done])
    assert run("provision_permission_set", script, {"InstanceArn": "arn:instance"}) == ()


def test_a_permission_set_whose_reply_was_lost_is_looked_for_before_another_is_made() -> None:
    script = Script(
        CreatePermissionSet=[NoReply("lost")],
        ListPermissionSets=[["arn:set"]],
        DescribePermissionSet=[{"PermissionSet": {"Name": "developer"}}],
    )
    made = run("create_permission_set", script, {"InstanceArn": "arn:instance", "Name": "developer"})
    assert made == ("arn:set",)
    assert script.asked.count("CreatePermissionSet") == 1


def test_a_permission_set_that_somebody_else_made_meanwhile_is_not_taken_over() -> None:
    script = Script(
        CreatePermissionSet=[None],
        ListPermissionSets=[["arn:set"]],
        DescribePermissionSet=[{"PermissionSet": {"Name": "developer"}}],
    )
    with pytest.raises(CloudError, match="somebody else made permission set developer"):
        run("create_permission_set", script, {"InstanceArn": "arn:instance", "Name": "developer"})


def test_a_role_that_somebody_else_made_meanwhile_is_not_taken_over() -> None:
    with pytest.raises(CloudError, match="somebody else made a role deploy"):
        run("create_role", Script(CreateRole=[None]), {"RoleName": "deploy"})
    assert run("create_role", Script(uncertain=True, CreateRole=[None]), {"RoleName": "deploy"}) == ()


def test_a_trust_in_a_role_made_a_moment_ago_is_tried_again_for_a_minute() -> None:
    unknown = CloudError("Invalid principal", where="MalformedPolicyDocument")
    assert run("create_role", Script(CreateRole=[unknown, {}]), {"RoleName": "deploy"}) == ()
    script = Script(CreateRole=[unknown] * 100)
    with pytest.raises(CloudError, match="Invalid principal"):
        run("create_role", script, {"RoleName": "deploy"})
    assert script.clock <= 90


def test_a_managed_policy_that_is_there_already_is_done_and_a_busy_one_is_waited_for() -> None:
    parameters = {"InstanceArn": "i", "PermissionSetArn": "s", "ManagedPolicyArn": "arn:p"}
    there = Script(AttachManagedPolicyToPermissionSet=[None], ListManagedPoliciesInPermissionSet=[[{"Arn": "arn:p"}]])
    assert run("attach_managed_policy", there, parameters) == ()
    busy = Script(AttachManagedPolicyToPermissionSet=[None, {}], ListManagedPoliciesInPermissionSet=[[]])
    assert run("attach_managed_policy", busy, parameters) == ()
    assert busy.clock > 0
