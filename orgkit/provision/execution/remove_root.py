"""Taking root credentials of a member account away, in a privileged session that may do nothing else.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
"""

from __future__ import annotations

from typing import Any, Final

from orgkit.provision.execution.calls import Calls

TASK: Final = "IAMDeleteRootUserCredentials"
_GONE: Final = ("NoSuchEntity", "NoSuchEntityException")


def remove_root_credentials(calls: Calls, parameters: dict[str, Any]) -> tuple[str, ...]:
    """Delete the password, access keys and signing certificates, and the MFA devices that go with them."""
    where: dict[str, Any] = {
        "service": "iam",
        "account": parameters["AccountId"],
        "region": parameters["Region"],
        "root_task": TASK,
        "done": _GONE,
    }

    def listed(operation: str, key: str) -> list[dict[str, Any]]:
        return list((calls.settle(operation, {}, **where) or {}).get(key, ()))

    calls.settle("DeleteLoginProfile", {}, **where)
    for key in listed("ListAccessKeys", "AccessKeyMetadata"):
        calls.settle("DeleteAccessKey", {"AccessKeyId": key["AccessKeyId"]}, **where)
    for certificate in listed("ListSigningCertificates", "Certificates"):
        calls.settle("DeleteSigningCertificate", {"CertificateId": certificate["CertificateId"]}, **where)
    for device in listed("ListMFADevices", "MFADevices"):
        calls.settle("DeactivateMFADevice", {"SerialNumber": device["SerialNumber"]}, **where)
    return ()
