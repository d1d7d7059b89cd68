"""AWS's global condition keys, which any request may carry: their spelling, their type, and whether they hold a list.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

_BY_TYPE = {
    "String": (
        "aws:CalledViaFirst aws:CalledViaLast aws:Ec2InstanceSourceVpc aws:FederatedProvider aws:PrincipalAccount "
        "aws:PrincipalOrgID aws:PrincipalServiceName aws:PrincipalType aws:referer aws:RequestedRegion "
        "aws:ResourceAccount aws:ResourceOrgID aws:SourceAccount aws:SourceIdentity aws:SourceOrgID aws:SourceVpc "
        "aws:SourceVpce aws:UserAgent aws:userid aws:username aws:VpceAccount aws:VpceOrgID"
    ),
    "ArrayOfString": (
        "aws:CalledVia aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:ResourceOrgPaths aws:SourceOrgPaths "
        "aws:TagKeys aws:VpceOrgPaths"
    ),
    "ARN": (
        "aws:ChatbotSourceArn aws:PrincipalArn aws:SourceArn aws:SourceVpcArn lambda:SourceFunctionArn "
        "ec2:SourceInstanceARN"
    ),
    "Bool": (
        "aws:AssumedRoot aws:MultiFactorAuthPresent aws:PrincipalIsAWSService aws:SecureTransport aws:ViaAWSService "
        "aws:IsMcpServiceAction aws:ViaAWSMCPService"
    ),
    "Numeric": "aws:MultiFactorAuthAge",
    "Date": "aws:CurrentTime aws:EpochTime aws:TokenIssueTime",
    "IPAddress": "aws:SourceIp aws:VpcSourceIp aws:Ec2InstanceSourcePrivateIPv4",
}

GLOBAL_KEYS: dict[str, str] = {key: kind for kind, keys in _BY_TYPE.items() for key in keys.split()}
"""Spelling of each global condition key → its type in the words of the action catalogue."""

TAG_KEYS = ("aws:PrincipalTag", "aws:RequestTag", "aws:ResourceTag")
"""Global keys that a tag's name follows after a slash; all hold text."""

_SPELLING = {key.lower(): key for key in GLOBAL_KEYS}
_TAG_SPELLING = {key.lower(): key for key in TAG_KEYS}


def canonical(key: str) -> str:
    """Return a key as AWS writes it: global keys in their own case, others as the policy has them."""
    head, slash, tag = key.partition("/")
    if slash and head.lower() in _TAG_SPELLING:
        return f"{_TAG_SPELLING[head.lower()]}/{tag}"
    return _SPELLING.get(key.lower(), key)


def global_type(key: str) -> str | None:
    """Return the type of a global condition key in any case, or None where AWS has no such key."""
    head, slash, tag = key.lower().partition("/")
    if slash and tag and head in _TAG_SPELLING:
        return "String"
    spelled = _SPELLING.get(key.lower())
    return GLOBAL_KEYS[spelled] if spelled else None
