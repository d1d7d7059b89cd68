"""Carrying out what the embedded AWS never does: operations that take time and fail, root sessions, taken names."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from orgkit.cloud.sessions import Sessions
from orgkit.errors import CloudError
from orgkit.provision.execution.calls import Calls
from orgkit.provision.execution.log_bucket_execution import create_log_bucket
from orgkit.provision.execution.remove_root import TASK
from orgkit.provision.execution.security_execution import remove_root_credentials, set_guardduty_members
from orgkit.provision.execution.stack_set_execution import EXECUTORS


class Told:
    """Answers each operation with the next of its prepared replies, and remembers what was asked."""

    def __init__(self, replies: Mapping[str, list[Any]], *, uncertain: bool = False, earlier: Any = None) -> None:
        self.replies = {name: list(several) for name, several in replies.items()}
        self.uncertain = uncertain
        self.asked: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
        self.waited = 0.0
        self._earlier = earlier

    def settle(self, operation: str, parameters: dict[str, Any], **where: Any) -> Any:
        self.asked.append((operation, dict(parameters), where))
        several = self.replies.get(operation, [{}])
        return several.pop(0) if len(several) > 1 else several[0]

    def earlier(self, operation: str, *, service: str = "") -> Any:
        return SimpleNamespace(reply=self._earlier)

    def pause(self, seconds: float) -> None:
        self.waited += seconds

    def now(self) -> float:
        return self.waited

    @property
    def names(self) -> list[str]:
        return [operation for operation, _, _ in self.asked]


def calls(told: Told) -> Calls:
    return cast(Calls, told)


def operation(status: str) -> dict[str, Any]:
    return {"StackSetOperation": {"Status": status}}


FAILED = {"Account": "111122223333", "Region": "us-east-1", "Status": "FAILED", "StatusReason": "AccessDenied on role"}


def put(told: Told) -> tuple[str, ...]:
    parameters = {"Region": "us-east-1", "StackSetName": "base", "Accounts": ["111122223333"], "Regions": ["us-east-1"]}
    result: tuple[str, ...] = EXECUTORS["create_stack_instances"](calls(told), parameters)
    return result


def test_an_operation_is_followed_until_it_has_ended() -> None:
    told = Told(
        {
            "CreateStackInstances": [{"OperationId": "op"}],
            "DescribeStackSetOperation": [operation("QUEUED"), operation("RUNNING"), operation("SUCCEEDED")],
            "ListStackSetOperationResults": [{"Summaries": []}],
        }
    )
    assert put(told) == ()
    assert told.names.count("DescribeStackSetOperation") == 3
    assert told.waited > 0


def test_every_instance_that_failed_is_named_with_its_reason() -> None:
    told = Told(
        {
            "CreateStackInstances": [{"OperationId": "op"}],
            "DescribeStackSetOperation": [operation("FAILED")],
            "ListStackSetOperationResults": [{"Summaries": [], "NextToken": "more"}, {"Summaries": [FAILED]}],
        }
    )
    with pytest.raises(CloudError, match="111122223333 us-east-1: FAILED, AccessDenied on role"):
        put(told)


def test_an_operation_that_an_interrupted_run_began_is_followed_and_not_begun_again() -> None:
    told = Told(
        {"DescribeStackSetOperation": [operation("SUCCEEDED")], "ListStackSetOperationResults": [{}]},
        earlier={"OperationId": "op"},
    )
    put(told)
    assert "CreateStackInstances" not in told.names
    assert told.asked[0][1] == {"StackSetName": "base", "OperationId": "op"}


def test_an_operation_that_never_ends_is_given_up() -> None:
    told = Told({"CreateStackInstances": [{"OperationId": "op"}], "DescribeStackSetOperation": [operation("RUNNING")]})
    with pytest.raises(CloudError, match="still RUNNING"):
        put(told)


def test_a_stack_set_that_somebody_else_made_meanwhile_is_not_ours() -> None:
    create = EXECUTORS["create_stack_set"]
    with pytest.raises(CloudError, match="somebody else"):
        create(calls(Told({"CreateStackSet": [None]})), {"Region": "us-east-1"})
    assert create(calls(Told({"CreateStackSet": [None]}, uncertain=True)), {"Region": "us-east-1"}) == ()


def test_a_bucket_name_that_somebody_else_has_is_refused_in_words() -> None:
    told = Told({"CreateBucket": [None], "HeadBucket": [None]})
    with pytest.raises(CloudError, match="taken by somebody else"):
        create_log_bucket(calls(told), {"Region": "eu-west-1", "Bucket": "logs"})
    assert told.asked[0][1]["CreateBucketConfiguration"] == {"LocationConstraint": "eu-west-1"}
    assert create_log_bucket(calls(Told({"CreateBucket": [None]})), {"Region": "us-east-1", "Bucket": "logs"}) == ()


def test_root_credentials_are_taken_away_in_a_session_for_that_task_alone() -> None:
    told = Told(
        {
            "ListAccessKeys": [{"AccessKeyMetadata": [{"AccessKeyId": "AKIA1"}]}],
            "ListSigningCertificates": [{"Certificates": []}],
            "ListMFADevices": [{"MFADevices": [{"SerialNumber": "arn:mfa"}]}],
        }
    )
    remove_root_credentials(calls(told), {"AccountId": "111122223333", "Region": "us-east-1"})
    assert told.names == [
        "DeleteLoginProfile",
        "ListAccessKeys",
        "DeleteAccessKey",
        "ListSigningCertificates",
        "ListMFADevices",
        "DeactivateMFADevice",
    ]
    assert {where["root_task"] for _, _, where in told.asked} == {TASK}
    assert {where["account"] for _, _, where in told.asked} == {"111122223333"}


def test_guardduty_s_members_are_said_to_the_administrator_s_detector() -> None:
    told = Told({"ListDetectors": [{"DetectorIds": ["d1"]}]})
    set_guardduty_members(calls(told), {"Region": "us-east-1", "AutoEnableOrganizationMembers": "ALL"})
    assert told.asked[-1][1] == {"DetectorId": "d1", "AutoEnableOrganizationMembers": "ALL"}
    with pytest.raises(CloudError, match="not on"):
        set_guardduty_members(calls(Told({"ListDetectors": [{"DetectorIds": []}]})), {"Region": "us-east-1"})


def test_a_root_session_is_asked_for_with_the_task_s_policy_and_its_keys_are_never_shown() -> None:
    import datetime

    asked: list[dict[str, Any]] = []

    def assume_root(**parameters: Any) -> dict[str, Any]:
        asked.append(parameters)
        until = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        keys = {"AccessKeyId": "K", "SecretAccessKey": "hush", "SessionToken": "hush", "Expiration": until}
        return {"Credentials": keys}

    sessions = Sessions("us-east-1", endpoint="http://127.0.0.1:1")
    found = sessions.assume_root(SimpleNamespace(assume_root=assume_root), "111122223333", TASK)
    assert asked[0]["TaskPolicyArn"] == {"arn": f"arn:aws:iam::aws:policy/root-task/{TASK}"}
    assert "hush" not in repr(found)
