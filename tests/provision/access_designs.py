"""A small design with people and services who come in, for the tests of access."""

from __future__ import annotations

import json
from typing import Any

from orgkit.design import SCP, Organization
from orgkit.design.sections import (
    Access,
    Assignment,
    Group,
    JsonDocument,
    PermissionSet,
    Role,
    SecretReference,
    TrustedRole,
)

VARIABLE = "PIPELINE_EXTERNAL_ID"
SECRET = "handshake=of/the:pipeline,77"
DEPLOY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["ecs:UpdateService", "s3:GetObject"], "Resource": "*"}],
}


def document(content: Any) -> JsonDocument:
    return JsonDocument(content=json.dumps(content, indent=2))


def deploy_role(**changed: Any) -> Role:
    settings: dict[str, Any] = {
        "name": "deploy",
        "to": ("Production",),
        "trusts": (TrustedRole(account="tools", role="pipeline"),),
        "external_id": SecretReference(source="env", name=VARIABLE),
        "max_session": 7200,
        "description": "Lets the pipeline deploy",
        "inline_policies": {"deployment": document(DEPLOY)},
        "tags": {"Team": "platform"},
    }
    return Role(**settings | changed)


def pipeline_role(**changed: Any) -> Role:
    settings: dict[str, Any] = {
        "name": "pipeline",
        "to": ("tools",),
        "trusted_services": ("codebuild.amazonaws.com",),
        "inline_policies": {
            "assume": document(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::*:role/deploy"}
                    ],
                }
            )
        },
    }
    return Role(**settings | changed)


def access(**changed: Any) -> Access:
    settings: dict[str, Any] = {
        "roles": {"deploy": deploy_role(), "pipeline": pipeline_role()},
        "permission_sets": {
            "developer": PermissionSet(
                name="developer",
                description="Builds",
                session_duration=28800,
                managed_policies=("arn:aws:iam::aws:policy/PowerUserAccess",),
                inline_policy=document(DEPLOY),
            )
        },
        "groups": {"builders": Group(name="builders", description="The builders")},
        "assignments": (Assignment(group="builders", permission_set="developer", to=("Production", "tools")),),
    }
    return Access(**settings | changed)


def organization(**changed: Any) -> Organization:
    """Two production accounts and one with the tools; `changed` are fields of Access."""
    org = Organization()
    org.add_account("management", email="aws@company.com", management=True)
    org.configure(features="ALL", limits={"accounts": 50}, policy_types=(SCP,), trusted_access=("sso.amazonaws.com",))
    org.add_ou("Production")
    org.add_account("shop", "Production", email="shop@company.com")
    org.add_account("stock", "Production", email="stock@company.com")
    org.add_account("tools", email="tools@company.com")
    org.configure(access=access(**changed))
    return org
