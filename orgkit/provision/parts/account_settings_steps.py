"""Steps about settings of a whole account, which CloudFormation has no resource for: each is a call in that account.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableEbsEncryptionByDefault.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orgkit.cloud.looks import regions_of
from orgkit.design.sections import AccountSettings, Baseline
from orgkit.provision.planning.draft import Draft
from orgkit.provision.planning.places import Place

BLOCKED: Final = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
# What IAM takes, least and most.
_RANGES: Final = {
    "minimum_password_length": (6, 128),
    "max_password_age": (1, 1095),
    "password_reuse_prevention": (1, 24),
}


def plan_account_settings(
    draft: Draft, baseline: Baseline, now: Mapping[str, Any], places: Mapping[str, Place]
) -> None:
    """Set what differs, account by account."""
    settings = baseline.settings
    if settings is None or _out_of_range(draft, baseline, settings):
        return
    regions = regions_of(draft.design, baseline)
    for node, place in places.items():
        facts = now.get(draft.ids.get(draft.name(node), ""), {})
        if settings.password_policy:
            _password_policy(draft, settings.password_policy, facts.get("password_policy", {}), place)
        if settings.ebs_encryption_by_default:
            for region in regions:
                if not facts.get("ebs_encryption_by_default", {}).get(region):
                    _encrypt(draft, place, region)
        if settings.s3_public_access_block and facts.get("s3_public_access_block") != BLOCKED:
            draft.add(
                "block_public_s3",
                place.name,
                f"block public access to S3 in {place.name}",
                place=place.name,
                parameters={
                    "Region": regions[0],
                    "AccountId": draft.ref(node),
                    "PublicAccessBlockConfiguration": BLOCKED,
                },
                account=place.account,
                after=place.after,
            )


def _password_policy(draft: Draft, wanted: Mapping[str, int | bool], now: Mapping[str, Any], place: Place) -> None:
    different = [key for key, value in wanted.items() if now.get(key) != value]
    if different:
        draft.add(
            "set_password_policy",
            place.name,
            f"set the password policy of {place.name}",
            place=place.name,
            why=f"{', '.join(different).replace('_', ' ')} differ" if now else "it has none",
            parameters={_camel(key): value for key, value in wanted.items()},
            account=place.account,
            after=place.after,
            notes=("What the design does not say of a password policy goes back to IAM's default.",) if now else (),
        )


def _encrypt(draft: Draft, place: Place, region: str) -> None:
    draft.add(
        "encrypt_ebs",
        f"{place.name}/{region}",
        f"encrypt new EBS volumes of {place.name} in {region} by default",
        place=place.name,
        parameters={"Region": region},
        account=place.account,
        after=place.after,
    )


def _out_of_range(draft: Draft, baseline: Baseline, settings: AccountSettings) -> bool:
    wrong = False
    for key, (least, most) in _RANGES.items():
        value = settings.password_policy.get(key)
        if value is not None and not least <= int(value) <= most:
            wrong = True
            draft.block(
                "password-policy",
                draft.design.where(f"baselines.{baseline.name}.settings.password_policy.{key}"),
                f"{key} is {value}; IAM takes {least} to {most}",
                f"Write a number from {least} to {most}.",
            )
    return wrong


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
