"""What is known of a step's own call before it is made: the resource it is about, and the context keys it carries.

A guardrail that turns on nothing else is decided in the plan. What is not here stays unknown, as it may hold anything.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from orgkit.design.live_access import live_roles
from orgkit.provision.planning import references
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.steps import Step

# Every call of a plan is orgkit's own, over HTTPS, and no AWS service makes it on somebody's behalf.
DIRECT: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "aws:ViaAWSService": "false",
        "aws:SecureTransport": "true",
        **dict.fromkeys(("aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast")),
    }
)
_REQUEST_TAG: Final = re.compile(r'"aws:requesttag/([^"]+)"', re.IGNORECASE)


def resource_of(draft: Draft, step: Step) -> str | None:
    """The ARN of the role or the bucket that a step in an account is about; None where it is not plain.

    `{{account.id}}` in it stands for the account of the step.
    """
    partition, parameters = draft.design.settings.partition, step.parameters
    if "Bucket" in parameters:
        bucket = references.bind_known(parameters["Bucket"], draft.ids)
        return None if "{{" in bucket else f"arn:{partition}:s3:::{bucket}"
    if "RoleName" in parameters:
        path = _path(draft, step)
        return path and f"arn:{partition}:iam::{{{{account.id}}}}:role{path}{parameters['RoleName']}"
    return None


def _path(draft: Draft, step: Step) -> str | None:
    """The path of a role: as it stands, or the root where this plan makes it."""
    name = step.parameters["RoleName"]
    (account,) = references.named_in(step.account)
    there = live_roles(draft.live).role(draft.ids.get(account, ""), name)
    if there is not None:
        return there.path
    return "/" if f"create_role:{name} in {step.place}" in draft.steps else None


def context_of(draft: Draft, step: Step, policies: Iterable[str]) -> dict[str, Any]:
    """The context keys that a step's parameters fill in, None for one that is certainly absent.

    `policies` are the documents in force: a tag that one of them asks for, and the call does not carry, is absent.
    """
    parameters = step.parameters
    known: dict[str, Any] = {}
    if step.kind in ("create_role", "put_role_boundary"):
        known["iam:PermissionsBoundary"] = _bound(draft, parameters.get("PermissionsBoundary"))
    if step.kind in ("attach_role_policy", "detach_role_policy"):
        known["iam:PolicyARN"] = _bound(draft, parameters["PolicyArn"])
    if step.kind in ("create_role", "tag_role"):
        tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", ())}
        known |= {f"aws:requesttag/{key.lower()}": None for text in policies for key in _REQUEST_TAG.findall(text)}
        known |= {f"aws:requesttag/{key.lower()}": value for key, value in tags.items()}
        known["aws:TagKeys"] = list(tags) or None
    if step.kind == "untag_role":
        known["aws:TagKeys"] = list(parameters["TagKeys"])
    return known


def _bound(draft: Draft, arn: str | None) -> str | None:
    return references.bind_known(arn, draft.ids) if arn is not None else None
