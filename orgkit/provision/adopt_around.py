"""Taking what is live around the tree into the design: logging, baselines, security services, roles, permission sets.

What was read is put into the words of the file, and the parts that a step is about are taken from there. What the file
cannot say, such as a trail that is stopped, is refused: it can only be reverted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from orgkit.cloud.access_as_design import as_design, role_as_design
from orgkit.cloud.around_as_design import logging_as_design, password_policy
from orgkit.cloud.looking import LOOKED_AT
from orgkit.cloud.looks import placed
from orgkit.design import Account
from orgkit.design.live_access import LiveRoles, live_identity_center, live_roles
from orgkit.design.sections import (
    Access,
    AccountSettings,
    Baseline,
    JsonDocument,
    Logging,
    PermissionSet,
    Role,
    Security,
)
from orgkit.errors import Refused
from orgkit.provision.parts.access_places import accounts_of
from orgkit.provision.planning.steps import Step

if TYPE_CHECKING:
    from orgkit.provision.adopt import Adoption

Take = Callable[["Adoption", Step], None]


def _refuse(step: Step, why: str) -> Refused:
    return Refused(why, where=step.place, mend="Edit the design by hand, or revert the difference.")


def _cannot(why: str) -> Take:
    def take(work: Adoption, step: Step) -> None:
        raise _refuse(step, why)

    return take


# ---- logging -------------------------------------------------------------------------------------


def _logging(work: Adoption) -> tuple[Logging, Logging | None]:
    """The section as designed, and as it is live."""
    designed = work.org.settings.logging
    assert designed is not None
    facts = work.live.surroundings.get("logging", {})
    wanted = work.live.surroundings[LOOKED_AT]["logging"]
    return designed, logging_as_design(designed.account, wanted, facts)[0]


def _of_the_log_bucket(designed: Logging, step: Step) -> None:
    if step.parameters.get("Bucket") in [one.bucket for one in designed.per_bucket()[1:]]:
        raise _refuse(step, "a design says no more of Config's bucket than its name: orgkit sets the rest")


def _of_logging(*names: str) -> Take:
    """Take these fields of the section."""

    def take(work: Adoption, step: Step) -> None:
        designed, live = _logging(work)
        if live is None:
            raise _refuse(step, "the log bucket is missing")
        _of_the_log_bucket(designed, step)
        fields = {name: getattr(live, name) for name in names}
        if all(getattr(designed, name) == value for name, value in fields.items()):
            raise _refuse(step, "the file cannot say how it is live")
        work.org.configure(logging=replace(designed, **fields))

    return take


def _bucket_policy(work: Adoption, step: Step) -> None:
    designed, live = _logging(work)
    _of_the_log_bucket(designed, step)
    if live is None or live.bucket_policy is None:
        raise _refuse(step, "the log bucket has no policy, and a design without one means that orgkit writes it")
    file = designed.bucket_policy.file if designed.bucket_policy is not None else None
    policy = JsonDocument(content=live.bucket_policy.content, file=file)
    work.org.configure(logging=replace(designed, bucket_policy=policy))


# ---- baselines -----------------------------------------------------------------------------------


def _change_baseline(work: Adoption, name: str, **fields: Any) -> None:
    baselines = work.org.settings.baselines
    work.org.configure(baselines={**baselines, name: replace(baselines[name], **fields)})


def _no_stack_set(work: Adoption, step: Step) -> None:
    baselines = dict(work.org.settings.baselines)
    baseline = baselines[step.place]
    if baseline.settings is None:
        del baselines[step.place]
    else:
        left = Baseline(name=baseline.name, to=baseline.to, regions=baseline.regions, settings=baseline.settings)
        baselines[step.place] = replace(left, description=baseline.description, actions=baseline.actions)
    work.org.configure(baselines=baselines)


def _stack_set(work: Adoption, step: Step) -> None:
    baseline = work.org.settings.baselines[step.place]
    live = work.live.surroundings["baselines"][step.place]["stack_set"]
    if (live["template"] or "").strip() != getattr(baseline.template, "content", "").strip():
        raise _refuse(step, "its template is another, and the file of a template is the user's own text")
    parameters = {
        key: baseline.parameters[key] if work.bound(baseline.parameters.get(key)) == value else value
        for key, value in live["parameters"].items()
        if value != "****"
    }
    kept = {key: value for key, value in parameters.items() if key in baseline.parameters or _matters(work, step, key)}
    _change_baseline(work, step.place, parameters=kept, description=live["description"])


def _matters(work: Adoption, step: Step, key: str) -> bool:
    """Whether a parameter that the design leaves to the template's default was given another value."""
    from orgkit.design.template import read_template

    text = getattr(work.org.settings.baselines[step.place].template, "content", "")
    value = work.live.surroundings["baselines"][step.place]["stack_set"]["parameters"][key]
    return bool(read_template(text).parameters.get(key) != value)


def _instances(work: Adoption, step: Step) -> None:
    """An account that is named itself can be taken out; one of an OU cannot."""
    baseline = work.org.settings.baselines[step.place]
    there = {key.partition("/")[0] for key in work.live.surroundings["baselines"][step.place]["stack_set"]["instances"]}
    missing = [one for one in placed(work.org, baseline) if work.live_id(one.id) not in there]
    _change_baseline(work, step.place, to=_without(work, step, baseline.to, missing))


def _without(work: Adoption, step: Step, to: tuple[str, ...], missing: Iterable[Account]) -> tuple[str, ...]:
    gone = {account.id for account in missing}
    kept = tuple(name for name in to if work.org.find(name, "root", "ou", "account") not in gone)
    if len(to) - len(kept) != len(gone) or not kept:
        raise _refuse(step, "it is missing in an account that the design does not name itself, only its OU")
    return kept


def _settings(name: str) -> Take:
    """Take a setting of accounts, where all accounts of the baseline have it alike."""

    def take(work: Adoption, step: Step) -> None:
        account = work.node(step.account) if step.account is not None else work.management()
        for baseline in work.org.settings.baselines.values():
            settings = baseline.settings
            if settings is None or not getattr(settings, name):
                continue
            accounts = placed(work.org, baseline)
            if account not in [one.id for one in accounts]:
                continue
            facts = work.live.surroundings["baselines"][baseline.name]["settings"]
            found = [_setting(name, settings, facts.get(work.live_id(one.id), {})) for one in accounts]
            if any(one != found[0] for one in found):
                raise _refuse(step, "the baseline's other accounts have another, and it says the same for all")
            _change_baseline(work, baseline.name, settings=replace(settings, **{name: found[0]}))
            return
        raise _refuse(step, "no baseline of the design says this")

    return take


def _setting(name: str, settings: AccountSettings, facts: Mapping[str, Any]) -> Any:
    now = facts.get(name, {})
    if name == "password_policy":
        live = password_policy(now)
        return {key: live[key] for key in settings.password_policy if key in live}
    return bool(now) and all(now.values())


# ---- security ------------------------------------------------------------------------------------


def _security(work: Adoption) -> tuple[Security, Mapping[str, Any]]:
    designed = work.org.settings.security
    assert designed is not None
    return designed, work.live.surroundings.get("security", {})


def _members(service: str) -> Take:
    def take(work: Adoption, step: Step) -> None:
        designed, facts = _security(work)
        said = {found.get("auto_enable") for found in facts[service].values()}
        if len(said) != 1 or None in said:
            raise _refuse(step, "it is not alike in all regions")
        work.org.configure(
            security=replace(designed, **{service: replace(getattr(designed, service), auto_enable=said.pop())})
        )

    return take


def _no_service(service: str) -> Take:
    def take(work: Adoption, step: Step) -> None:
        designed, facts = _security(work)
        if any(found.get("administrators") for found in facts[service].values()):
            raise _refuse(step, "it has an administrator in another region")
        gone: dict[str, Any] = {service: None}
        work.org.configure(security=replace(designed, **gone))

    return take


def _no_sharing(work: Adoption, step: Step) -> None:
    work.org.configure(security=replace(_security(work)[0], ram_sharing=False))


def _root_access(work: Adoption, step: Step) -> None:
    designed, facts = _security(work)
    features = facts.get("root", {}).get("features", ())
    central = designed.central_root_access
    if central is None or "RootCredentialsManagement" not in features:
        work.org.configure(security=replace(designed, central_root_access=None))
    else:
        work.org.configure(security=replace(designed, central_root_access=replace(central, sessions=False)))


# ---- roles ---------------------------------------------------------------------------------------


def _access(work: Adoption) -> Access:
    return work.org.settings.access or Access()


def _set_role(work: Adoption, name: str, role: Role | None) -> None:
    access = _access(work)
    roles = {key: one for key, one in access.roles.items() if key != name or role is not None}
    work.org.configure(access=replace(access, roles=roles | ({name: role} if role is not None else {})))


def _no_role(work: Adoption, step: Step) -> None:
    role = _access(work).roles[step.parameters["RoleName"]]
    accounts = list(accounts_of(work.org, role.to))
    found = live_roles(work.live)
    missing = [one for one in accounts if found.role(work.live_id(one.id), role.name) is None]
    if len(missing) == len(accounts):
        _set_role(work, role.name, None)
    else:
        _set_role(work, role.name, replace(role, to=_without(work, step, role.to, missing)))


def _role(work: Adoption, step: Step) -> None:
    """A role as it is live, where it is so in every account that the design gives it to."""
    role = _access(work).roles.get(step.parameters["RoleName"])
    if role is None:
        return  # taken already, with another of its differences
    found: LiveRoles = live_roles(work.live)
    alike: set[str] = set()
    live: Role | None = None
    for account in accounts_of(work.org, role.to):
        entry = found.role(work.live_id(account.id), role.name)
        live = None if entry is None else role_as_design(work.live, role.name, entry)
        if entry is not None and entry.external_id == "different":
            raise _refuse(step, "its external id is another, and a secret is never read: put it where the design looks")
        if live is None:
            raise _refuse(step, f"role {role.name} of {account.handle} is more than the file can say")
        alike.add(repr(live))
    if live is None or len(alike) != 1:
        raise _refuse(step, f"role {role.name} is another in one account than in another")
    trusts = tuple(replace(one, account=work.design_handle(one.account)) for one in live.trusts)
    files = {name: one.file for name, one in role.inline_policies.items()}
    policies = {name: replace(one, file=files.get(name)) for name, one in live.inline_policies.items()}
    kept = {
        name: role.inline_policies[name]
        if name in role.inline_policies and work.same_policy(role.inline_policies[name].content, one.content)
        else one
        for name, one in policies.items()
    }
    secret = role.external_id if live.external_id is not None else None
    _set_role(
        work,
        role.name,
        replace(live, to=role.to, trusts=trusts, inline_policies=kept, external_id=secret or live.external_id),
    )


# ---- Identity Center -----------------------------------------------------------------------------


def _live_access(work: Adoption) -> Access:
    return as_design(work.live, live_identity_center(work.live), LiveRoles())[0]


def _no_group(work: Adoption, step: Step) -> None:
    access, name = _access(work), step.parameters["DisplayName"]
    groups = {key: one for key, one in access.groups.items() if key != name}
    assignments = tuple(one for one in access.assignments if one.group != name)
    work.org.configure(access=replace(access, groups=groups, assignments=assignments))


def _group(work: Adoption, step: Step) -> None:
    access, name = _access(work), step.place.rpartition(".")[2]
    work.org.configure(access=replace(access, groups={**access.groups, name: _live_access(work).groups[name]}))


def _no_permission_set(work: Adoption, step: Step) -> None:
    access, name = _access(work), step.parameters["Name"]
    sets = {key: one for key, one in access.permission_sets.items() if key != name}
    assignments = tuple(one for one in access.assignments if one.permission_set != name)
    work.org.configure(access=replace(access, permission_sets=sets, assignments=assignments))


def _permission_set(work: Adoption, step: Step) -> None:
    access, name = _access(work), step.place.removeprefix("access.permission_sets.")
    designed, live = access.permission_sets[name], _live_access(work).permission_sets[name]
    inline = live.inline_policy
    if inline is not None and designed.inline_policy is not None:
        same = work.same_policy(designed.inline_policy.content, inline.content)
        inline = designed.inline_policy if same else replace(inline, file=designed.inline_policy.file)
    elif inline is not None:
        inline = replace(inline, file=None)
    taken: PermissionSet = replace(live, inline_policy=inline)
    work.org.configure(access=replace(access, permission_sets={**access.permission_sets, name: taken}))


def _no_assignment(work: Adoption, step: Step) -> None:
    access = _access(work)
    account = work.org.account(work.node(step.parameters["TargetId"]))
    found = []
    for one in access.assignments:
        named = f"assign:{one.group}/{one.permission_set} in "
        if step.id.startswith(named) and account in accounts_of(work.org, one.to):
            to = tuple(name for name in one.to if work.org.find(name, "root", "ou", "account") != account.id)
            if len(to) == len(one.to):
                raise _refuse(step, "the design assigns it to the OU, not to this account alone")
            found.append(replace(one, to=to))
        else:
            found.append(one)
    work.org.configure(access=replace(access, assignments=tuple(one for one in found if one.to)))


AROUND: Final[Mapping[str, Take]] = MappingProxyType(
    {
        "create_log_bucket": _cannot("there is no log bucket"),
        "set_bucket_versioning": _of_logging("versioning"),
        "set_bucket_object_lock": _of_logging("object_lock_days"),
        "set_bucket_lifecycle": _of_logging("retention_days"),
        "set_bucket_policy": _bucket_policy,
        "set_bucket_encryption": _cannot("a design cannot say that a log bucket has no default encryption"),
        "set_bucket_ownership": _cannot("a design cannot say that a log bucket takes ACLs"),
        "set_bucket_public_access_block": _cannot("a design cannot say that a log bucket is open to the public"),
        "create_trail": _of_logging("trail"),
        "update_trail": _of_logging("trail"),
        "start_trail": _cannot("a design cannot say that a trail is stopped"),
        "put_delivery_channel": _of_logging("config"),
        "put_config_aggregator": _of_logging("config"),
        "put_config_recorder": _cannot("a design cannot say that a recorder leaves something out"),
        "start_config_recorder": _cannot("a design cannot say that a recorder is stopped"),
        "create_stack_set": _no_stack_set,
        "update_stack_set": _stack_set,
        "create_stack_instances": _instances,
        "update_stack_instances": _cannot("a design cannot say that an instance is not current"),
        "set_password_policy": _settings("password_policy"),
        "encrypt_ebs": _settings("ebs_encryption_by_default"),
        "block_public_s3": _settings("s3_public_access_block"),
        "set_guardduty_administrator": _no_service("guardduty"),
        "enable_guardduty": _cannot("a design cannot say that an administrator has no detector"),
        "set_guardduty_members": _members("guardduty"),
        "set_securityhub_administrator": _no_service("securityhub"),
        "enable_securityhub": _cannot("a design cannot say that an administrator has no Security Hub"),
        "set_securityhub_members": _members("securityhub"),
        "enable_ram_sharing": _no_sharing,
        "enable_root_credentials_management": _root_access,
        "enable_root_sessions": _root_access,
        "create_role": _no_role,
        **dict.fromkeys(
            (
                "update_role",
                "update_role_trust",
                "put_role_boundary",
                "delete_role_boundary",
                "attach_role_policy",
                "detach_role_policy",
                "put_role_policy",
                "delete_role_policy",
                "tag_role",
                "untag_role",
            ),
            _role,
        ),
        "create_group": _no_group,
        "update_group": _group,
        "create_permission_set": _no_permission_set,
        **dict.fromkeys(
            (
                "update_permission_set",
                "attach_managed_policy",
                "detach_managed_policy",
                "put_permission_set_policy",
                "delete_permission_set_policy",
                "put_permission_set_boundary",
                "delete_permission_set_boundary",
            ),
            _permission_set,
        ),
        "provision_permission_set": _cannot("a design cannot say that accounts have an older version"),
        "assign": _no_assignment,
    }
)
