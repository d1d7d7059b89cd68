"""Templates looked at with cfn-lint: what CloudFormation would refuse, and which actions their resources need.

The actions come from the resource types' own schemas, in which each handler lists the permissions it may use. The one
that makes the resource is certain; the others depend on which properties are set.
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from orgkit.errors import MissingExtra

_READS = re.compile(r"(Get|List|Describe|BatchGet|Head|Tag|Untag|Lookup|Check)")
# Of the permissions that a schema lists without saying when: those that a property calls for.
_BY_PROPERTY: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "AWS::CloudTrail::Trail": {"CloudWatchLogsRoleArn": "iam:PassRole"},
        "AWS::Config::ConfigurationRecorder": {"RoleARN": "iam:PassRole"},
        "AWS::IAM::Role": {"ManagedPolicyArns": "iam:AttachRolePolicy", "Policies": "iam:PutRolePolicy"},
        "AWS::Lambda::Function": {"Role": "iam:PassRole"},
        "AWS::S3::Bucket": {
            "BucketEncryption": "s3:PutEncryptionConfiguration",
            "LifecycleConfiguration": "s3:PutLifecycleConfiguration",
            "OwnershipControls": "s3:PutBucketOwnershipControls",
            "PublicAccessBlockConfiguration": "s3:PutBucketPublicAccessBlock",
            "VersioningConfiguration": "s3:PutBucketVersioning",
        },
    }
)
_MAKES = ("Create", "Put", "Enable", "Start", "Register", "Allocate", "Run", "Set")


@dataclass(frozen=True, slots=True)
class Finding:
    """What cfn-lint says of a line of a template; only errors stop CloudFormation."""

    rule: str
    line: int
    column: int
    message: str
    error: bool


@dataclass(frozen=True, slots=True)
class Needs:
    """Actions that making a resource certainly takes, and those that it may take."""

    certain: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()


@lru_cache(maxsize=32)
def lint_template(text: str, regions: tuple[str, ...]) -> tuple[Finding, ...]:
    """The findings of cfn-lint, errors and warnings. Errors: MissingExtra without cfn-lint."""
    lint, arguments = _cfn_lint()
    found = lint(text, config=arguments(regions=list(regions)))
    return tuple(
        Finding(match.rule.id, match.linenumber, match.columnnumber, match.message, match.rule.severity == "error")
        for match in found
        if match.rule.severity in ("error", "warning")
    )


@lru_cache(maxsize=256)
def needs_of(type: str, region: str, properties: frozenset[str] = frozenset()) -> Needs:
    """The IAM actions that making a resource of this type takes; none for a type that is not known.

    `properties` are the names of those that are set, which make some of the actions certain.
    """
    _cfn_lint()
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    try:
        schema: Any = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, type).schema
    except Exception as error:  # cfn-lint has an exception of its own for a type that it does not know
        if type_unknown(error):
            return Needs()
        raise
    permissions = schema.get("handlers", {}).get("create", {}).get("permissions", [])
    writes = [one for one in permissions if not _READS.match(one.partition(":")[2]) and "*" not in one]
    name = type.rpartition("::")[2]
    certain = [one for one in writes if one.partition(":")[2] in {verb + name for verb in _MAKES}] or writes[:1]
    called_for = {action for name, action in _BY_PROPERTY.get(type, {}).items() if name in properties}
    certain += [one for one in writes if one in called_for and one not in certain]
    return Needs(tuple(certain), tuple(one for one in writes if one not in certain))


def type_unknown(error: Exception) -> bool:
    """Whether cfn-lint means that it has no schema of a type."""
    return type(error).__name__ == "ResourceNotFoundError"


def _cfn_lint() -> tuple[Any, Any]:
    try:
        from cfnlint.api import lint
        from cfnlint.config import ManualArgs
    except ImportError as error:
        raise MissingExtra("templates are checked with cfn-lint", mend='pip install "orgkit[baselines]"') from error
    return lint, ManualArgs
