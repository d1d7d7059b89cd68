"""Steps that are one call to a service other than Organizations, as a table: what judges them, and what makes the call.

`action` is the IAM action that a guardrail sees, which S3 in particular names otherwise than the API does. A call's
parameter `Region` is where it is made. `existing` are codes that say it is so already, which only counts where this
step may have been carried out before; `done` are those that always do; `again` those that mean "later".
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """One call: the action by which it is judged, its place in a plan, and the API's operation."""

    action: str
    rank: int
    operation: str
    service: str = ""
    done: tuple[str, ...] = ()
    existing: tuple[str, ...] = ()
    again: tuple[str, ...] = ()

    @property
    def client(self) -> str:
        """The name of the service's client."""
        return self.service or self.action.partition(":")[0]


_BUSY: Final = ("OperationInProgressException", "OperationAborted", "ConflictException")

SERVICE_CALLS: Final[Mapping[str, ServiceCall]] = MappingProxyType(
    {
        # the log archive's bucket
        "set_bucket_versioning": ServiceCall("s3:PutBucketVersioning", 101, "PutBucketVersioning", again=_BUSY),
        "set_bucket_object_lock": ServiceCall(
            "s3:PutBucketObjectLockConfiguration", 102, "PutObjectLockConfiguration", again=_BUSY
        ),
        "set_bucket_encryption": ServiceCall("s3:PutEncryptionConfiguration", 103, "PutBucketEncryption", again=_BUSY),
        "set_bucket_ownership": ServiceCall(
            "s3:PutBucketOwnershipControls", 104, "PutBucketOwnershipControls", again=_BUSY
        ),
        "set_bucket_public_access_block": ServiceCall(
            "s3:PutBucketPublicAccessBlock", 105, "PutPublicAccessBlock", again=_BUSY
        ),
        "set_bucket_lifecycle": ServiceCall(
            "s3:PutLifecycleConfiguration", 106, "PutBucketLifecycleConfiguration", again=_BUSY
        ),
        "set_bucket_policy": ServiceCall("s3:PutBucketPolicy", 107, "PutBucketPolicy", again=_BUSY),
        # what writes to it
        "create_trail": ServiceCall(
            "cloudtrail:CreateTrail", 110, "CreateTrail", existing=("TrailAlreadyExistsException",)
        ),
        "update_trail": ServiceCall("cloudtrail:UpdateTrail", 111, "UpdateTrail"),
        "start_trail": ServiceCall("cloudtrail:StartLogging", 112, "StartLogging"),
        "create_service_linked_role": ServiceCall(
            "iam:CreateServiceLinkedRole",
            113,
            "CreateServiceLinkedRole",
            done=("InvalidInput", "InvalidInputException", "EntityAlreadyExists", "EntityAlreadyExistsException"),
        ),
        "put_config_recorder": ServiceCall(
            "config:PutConfigurationRecorder", 114, "PutConfigurationRecorder", again=("InvalidRoleException",)
        ),
        "put_delivery_channel": ServiceCall("config:PutDeliveryChannel", 115, "PutDeliveryChannel"),
        "start_config_recorder": ServiceCall("config:StartConfigurationRecorder", 116, "StartConfigurationRecorder"),
        "put_config_aggregator": ServiceCall(
            "config:PutConfigurationAggregator", 118, "PutConfigurationAggregator", again=("InvalidRoleException",)
        ),
        # settings of an account
        "set_password_policy": ServiceCall("iam:UpdateAccountPasswordPolicy", 130, "UpdateAccountPasswordPolicy"),
        "encrypt_ebs": ServiceCall("ec2:EnableEbsEncryptionByDefault", 131, "EnableEbsEncryptionByDefault"),
        "block_public_s3": ServiceCall(
            "s3:PutAccountPublicAccessBlock", 132, "PutPublicAccessBlock", service="s3control"
        ),
        # security services
        "enable_root_credentials_management": ServiceCall(
            "iam:EnableOrganizationsRootCredentialsManagement", 91, "EnableOrganizationsRootCredentialsManagement"
        ),
        "enable_root_sessions": ServiceCall(
            "iam:EnableOrganizationsRootSessions", 92, "EnableOrganizationsRootSessions"
        ),
        "set_guardduty_administrator": ServiceCall(
            "guardduty:EnableOrganizationAdminAccount", 93, "EnableOrganizationAdminAccount"
        ),
        "enable_guardduty": ServiceCall(
            "guardduty:CreateDetector", 94, "CreateDetector", existing=("BadRequestException",)
        ),
        "set_securityhub_administrator": ServiceCall(
            "securityhub:EnableOrganizationAdminAccount", 96, "EnableOrganizationAdminAccount"
        ),
        "enable_securityhub": ServiceCall(
            "securityhub:EnableSecurityHub", 97, "EnableSecurityHub", done=("ResourceConflictException",)
        ),
        "set_securityhub_members": ServiceCall(
            "securityhub:UpdateOrganizationConfiguration", 98, "UpdateOrganizationConfiguration"
        ),
    }
)
