"""What was found around the tree, in the words of `org.yaml`; what these cannot say is told beside it. Pure.

Facts are as `read_logging`, `read_baselines` and `read_security` write them. A remark is a sentence for the reader of
the file: what is live and not in it, and what a plan of it would change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from orgkit.design import Organization
from orgkit.design.entities import ACCESS_ROLE
from orgkit.design.file.plain import FileName
from orgkit.design.file.text_files import file_stem
from orgkit.design.sections import (
    AccountSettings,
    Baseline,
    CentralRootAccess,
    ConfigDelivery,
    GuardDuty,
    JsonDocument,
    Logging,
    Security,
    SecurityHub,
    Trail,
)

BUCKET_POLICY_FILE: Final = "logging/bucket-policy.json"
SETTINGS: Final = "account-settings"  # the baseline that holds what no stack set does
SERVICE: Final = "SERVICE_MANAGED"
_HIDDEN: Final = "****"  # CloudFormation's word for a parameter that it does not show
_CURRENT: Final = "CURRENT"
_YES_OR_NO: Final = (
    "require_symbols",
    "require_numbers",
    "require_uppercase_characters",
    "require_lowercase_characters",
    "allow_users_to_change_password",
    "hard_expiry",
)
_NUMBERS: Final = ("minimum_password_length", "max_password_age", "password_reuse_prevention")

Remarks = list[str]


# ---- logging -------------------------------------------------------------------------------------


def logging_as_design(
    account: str, wanted: Mapping[str, Any], facts: Mapping[str, Any]
) -> tuple[Logging | None, Remarks]:
    """The `logging:` section; `account` is the archive's handle, `wanted` the look that the facts answer."""
    name, bucket = str(wanted["bucket"]), facts.get("bucket")
    if bucket is None:
        return None, [f"logging: there is no bucket {name} in {account}"]
    days, retention = bucket["object_lock_days"], _retention(bucket["lifecycle"])
    own = facts.get("config_bucket")
    config, remarks = _config(wanted, facts)
    if own is not None and config is not None and config.bucket is not None:
        remarks += _unlike_config(own, bucket)
    policy = bucket["policy"]
    logging = Logging(
        account=account,
        bucket=name,
        bucket_policy=None
        if policy is None
        else JsonDocument(content=json.dumps(policy, indent=2, ensure_ascii=False), file=BUCKET_POLICY_FILE),
        trail=_trail(wanted.get("trail"), facts.get("trail")),
        config=config,
        versioning=bool(bucket["versioning"]),
        object_lock_days=days,
        retention_days=retention,
    )
    return logging, [*_unlike(bucket, retention), *_stopped(logging, facts), *remarks]


def _trail(name: str | None, facts: Mapping[str, Any] | None) -> Trail | None:
    if name is None or facts is None:
        return None
    return Trail(name=name, prefix=facts["prefix"], validation=facts["validation"], multi_region=facts["multi_region"])


def _config(wanted: Mapping[str, Any], facts: Mapping[str, Any]) -> tuple[ConfigDelivery | None, Remarks]:
    """The name of a bucket of its own is as `wanted` has it, maybe with references; what delivers names it bound."""
    recorder, bucket, own = facts.get("recorder"), facts["bucket"]["name"], facts.get("config_bucket")
    gathers = facts.get("aggregator") or {}
    named = wanted.get("aggregator") if gathers.get("organization") else None
    if recorder is not None and recorder["bucket"] == bucket:
        return ConfigDelivery(prefix=recorder["prefix"], aggregator=named), []
    if recorder is not None and own is not None and recorder["bucket"] == own["name"]:
        return ConfigDelivery(prefix=recorder["prefix"], aggregator=named, bucket=wanted["config_bucket"]), []
    if named is not None:
        return None, [
            f"logging.config: the aggregator {named} is there, but Config of the management account does not "
            f"deliver to {bucket}"
        ]
    return None, []


def _retention(rules: Iterable[Mapping[str, Any]]) -> int | None:
    """The days of the one rule by which everything expires."""
    found = list(rules)
    if len(found) != 1 or found[0].get("Status") != "Enabled":
        return None
    days = found[0].get("Expiration", {}).get("Days")
    return None if days is None else int(days)


def _unlike(bucket: Mapping[str, Any], retention: int | None) -> Remarks:
    """What the file cannot say otherwise than orgkit keeps a log bucket, so that a plan of it would set it."""
    found = []
    if not bucket["encryption"]:
        found.append("it has no default encryption")
    if bucket["ownership"] != ["BucketOwnerEnforced"]:
        found.append("it takes ACLs")
    if len(bucket["public_access_block"]) < 4 or not all(bucket["public_access_block"].values()):
        found.append("public access is not blocked")
    if bucket["object_lock_days"] and bucket["object_lock_mode"] != "COMPLIANCE":
        found.append("its lock is not in compliance mode")
    said = [f"logging: of the bucket {bucket['name']}, a plan of this file would change: {', '.join(found)}"]
    if bucket["lifecycle"] and retention is None:
        return [*(said if found else []), f"logging: the lifecycle rules of the bucket {bucket['name']}"]
    return said if found else []


def _unlike_config(own: Mapping[str, Any], bucket: Mapping[str, Any]) -> Remarks:
    """What the file cannot say of Config's bucket: a plan writes its policy, keeps versions, and locks nothing."""
    name, retention = own["name"], _retention(own["lifecycle"])
    remarks = [*_unlike(own, retention), f"logging: the policy of the bucket {name}, which is written for Config"]
    if not own["versioning"]:
        remarks.append(f"logging: the bucket {name} keeps no versions; a plan of this file would have it do so")
    if retention != _retention(bucket["lifecycle"]):
        remarks.append(
            f"logging: the bucket {name} expires otherwise than {bucket['name']}; a plan of this file aligns it"
        )
    if own["object_lock_days"]:
        remarks.append(f"logging: the bucket {name} locks by default, and Config does not deliver to such a bucket")
    return remarks


def _stopped(logging: Logging, facts: Mapping[str, Any]) -> Remarks:
    found = []
    if logging.trail is not None and not facts["trail"]["logging"]:
        found.append(f"logging.trail: {logging.trail.name} is stopped; a plan of this file would start it")
    if logging.config is not None and not (facts["recorder"]["recording"] and facts["recorder"]["everything"]):
        found.append(
            "logging.config: the recorder of the management account does not record everything; "
            "a plan of this file would have it do so"
        )
    return found


# ---- baselines -----------------------------------------------------------------------------------


def baseline_as_design(live: Organization, name: str, facts: Mapping[str, Any]) -> tuple[Baseline | None, Remarks]:
    """A stack set as a baseline; None where the file cannot say where it stands."""
    where = f"baselines.{name}"
    pairs = {tuple(key.split("/")) for key in facts["instances"]}
    accounts, regions = {pair[0] for pair in pairs}, sorted({pair[1] for pair in pairs})
    handles = {account.aws_id: account.handle for account in live.accounts()}
    remarks: Remarks = []
    if gone := sorted(accounts - handles.keys()):
        remarks.append(f"{where}: instances in {', '.join(gone)}, outside of the organization")
        pairs = {pair for pair in pairs if pair[0] in handles}
        accounts -= set(gone)
    if not pairs:
        return None, [f"{where}: the stack set stands nowhere", *remarks]
    if len(pairs) != len(accounts) * len(regions):
        return None, [f"{where}: the stack set is in other regions in one account than in another", *remarks]
    model = str(facts["permission_model"])
    to = tuple(account.handle for account in live.accounts() if account.aws_id in accounts)
    if model == SERVICE:
        units = _units(live, accounts, sorted(set(facts.get("units", {}).values())))
        if units is None:
            return None, [f"{where}: the stack set is not in all accounts of the OUs that it goes to", *remarks]
        to = units
    hidden = sorted(key for key, value in facts["parameters"].items() if value == _HIDDEN)
    if hidden:
        remarks.append(f"{where}.parameters: {', '.join(hidden)}, which CloudFormation keeps to itself")
    if troubled := sorted(key for key, status in facts["instances"].items() if status != _CURRENT):
        remarks.append(f"{where}: {', '.join(troubled)} not current; a plan of this file would repeat that")
    role = facts["execution_role"] if model != SERVICE else None
    text = facts["template"] or ""
    ending = "template" if text.lstrip().startswith("{") else "yaml"
    baseline = Baseline(
        name=name,
        to=to,
        regions=tuple(regions),
        template=FileName(f"templates/{file_stem(name)}.{ending}", text),
        description=facts["description"],
        parameters={key: value for key, value in sorted(facts["parameters"].items()) if value != _HIDDEN},
        permission_model=model,
        auto_deployment=facts["auto_deployment"] is not False,
        role=None if role == ACCESS_ROLE else role,
    )
    return baseline, remarks


def _units(live: Organization, accounts: set[str], units: Iterable[str]) -> tuple[str, ...] | None:
    """Paths of the OUs that hold just these accounts: those that AWS names, else the highest ones."""
    named = [live.find(unit, "root", "ou") for unit in units]
    if not named:
        waiting = [live.root.id]
        while waiting:
            node = waiting.pop(0)
            mine = _members(live, node)
            if mine and mine <= accounts:
                named.append(node)
            else:
                waiting += [ou.id for ou in live.ous(node) if live.parent(ou.id) == node]
    covered = set().union(*(_members(live, node) for node in named)) if named else set()
    return tuple(live.path(node) for node in named) if covered == accounts else None


def _members(live: Organization, node: str) -> set[str]:
    return {str(account.aws_id) for account in live.accounts(node) if not account.management}


def settings_as_design(
    live: Organization, facts: Mapping[str, Mapping[str, Any]], baselines: Mapping[str, Baseline]
) -> dict[str, Baseline]:
    """All baselines with the settings of accounts: in the one that goes to the same accounts, else on their own."""
    groups: dict[tuple[str, tuple[str, ...], bool], list[str]] = {}
    for account in live.accounts():
        if (mine := facts.get(str(account.aws_id))) is not None:
            groups.setdefault(_settings(mine), []).append(account.handle)
    found = dict(baselines)
    for (policy, regions, blocked), handles in groups.items():
        if policy == "{}" and not regions and not blocked:
            continue
        settings = AccountSettings(
            password_policy=json.loads(policy), ebs_encryption_by_default=bool(regions), s3_public_access_block=blocked
        )
        for name, one in found.items():
            if one.settings is None and set(one.to) == set(handles) and regions in ((), one.regions):
                found[name] = replace(one, settings=settings)
                break
        else:
            name, number = SETTINGS, 2
            while name in found:
                name, number = f"{SETTINGS}-{number}", number + 1
            found[name] = Baseline(name=name, to=tuple(handles), regions=regions, settings=settings)
    return found


def _settings(facts: Mapping[str, Any]) -> tuple[str, tuple[str, ...], bool]:
    policy = password_policy(facts.get("password_policy", {}))
    encrypted = facts.get("ebs_encryption_by_default", {})
    block = facts.get("s3_public_access_block", {})
    return (
        json.dumps(policy),
        tuple(region for region, on in encrypted.items() if on),
        len(block) == 4 and all(block.values()),
    )


def password_policy(facts: Mapping[str, Any]) -> dict[str, int | bool]:
    """IAM's password policy in the words of the file; what IAM leaves out or gives as zero is not limited."""
    found: dict[str, int | bool] = {key: int(facts[key]) for key in _NUMBERS if facts.get(key)}
    return found | {key: bool(facts[key]) for key in _YES_OR_NO if facts.get(key) is not None}


# ---- security ------------------------------------------------------------------------------------


def security_as_design(
    live: Organization, facts: Mapping[str, Any], administrators: Mapping[str, str]
) -> tuple[Security | None, tuple[str, ...], Remarks]:
    """The `security:` section and the regions of it; `administrators` has the handle for guardduty and securityhub."""
    stands = {service: _regions(live, facts, service, handle) for service, handle in administrators.items()}
    regions = tuple(dict.fromkeys(region for found in stands.values() for region in found))
    remarks: Remarks = []
    fields: dict[str, Any] = {}
    for service, found in stands.items():
        if not found:
            continue
        if set(found) != set(regions):
            remarks.append(f"security.{service}: it is on in {', '.join(found)} only, which the file cannot say")
            continue
        said = {facts[service][region].get("auto_enable") for region in found}
        if len(said) > 1:
            remarks.append(f"security.{service}.auto_enable: another in one region than in another")
        auto = next((value for value in said if value is not None), None)
        if None in said:
            remarks.append(f"security.{service}.auto_enable: it could not be read")
        given = {} if auto is None else {"auto_enable": auto}
        made = GuardDuty if service == "guardduty" else SecurityHub
        fields[service] = made(administrator=administrators[service], **given)
    features = facts.get("root", {}).get("features", ())
    if "RootCredentialsManagement" in features:
        fields["central_root_access"] = CentralRootAccess(sessions="RootSessions" in features)
    elif "RootSessions" in features:
        remarks.append("security.central_root_access: root sessions are on without the management of root credentials")
    if facts.get("ram"):
        fields["ram_sharing"] = True
    return (Security(**fields) if fields else None), regions, remarks


def _regions(live: Organization, facts: Mapping[str, Any], service: str, handle: str) -> list[str]:
    admin = live.account(handle).aws_id
    on = "detector" if service == "guardduty" else "enabled"
    return [
        region
        for region, found in facts.get(service, {}).items()
        if admin in found.get("administrators", ()) and found.get(on)
    ]
