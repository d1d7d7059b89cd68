"""Rules about the tree: levels that allow nothing, Allows that come to nothing, and who is locked out.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterator

from orgkit.design import SCP, Account, Organization
from orgkit.design.sections import Lens, ProtectedPrincipal
from orgkit.guardrails.decide import decide
from orgkit.guardrails.inheritance import attached, document
from orgkit.guardrails.lint.reading import Finding, Line, Reading
from orgkit.guardrails.survey import Survey
from orgkit.guardrails.telling import actions

# What a role needs to set an account up and to mend it, where the design does not say what it must keep.
_NEEDED = ("iam:CreateRole", "iam:PutRolePolicy", "cloudformation:CreateStack")


def blocks_everything(reading: Reading) -> Iterator[Finding]:
    """A level at which nothing is allowed, or everything denied."""
    org = reading.org
    if not org.enforces(SCP) or not reading.sound:
        return
    bound = org.bound()
    for entity, _ in org.tree():
        node = entity.id
        if isinstance(entity, Account) and entity.management:
            continue
        if entity.full_aws_access and node not in bound:
            continue  # FullAWSAccess alone allows everything
        allowed, denied = _level(reading, node)
        if not allowed & ~denied:
            who = "it" if isinstance(entity, Account) else f"{len(_members(org, node))} accounts below it"
            why = "everything is denied" if allowed else "nothing is allowed"
            yield Finding(
                node,
                f"{why} at this level, so every action of {who} is blocked, also for those who should mend it",
                "Leave FullAWSAccess on, or attach an SCP that allows what is meant to work."
                if not allowed
                else "Exempt somebody by a condition on aws:PrincipalArn.",
            )


def allow_masked(reading: Reading) -> Iterator[Finding]:
    """An Allow for actions that a level further up does not allow."""
    org = reading.org
    if not org.enforces(SCP) or not reading.sound:
        return
    for line in _own_allows(reading):
        for target in org.targets(line.policy.id):
            for above in org.ancestors(target):
                allowed, denied = _level(reading, above)
                masked = line.bits & (~allowed | denied)
                if masked and (masked == line.bits or line.bits != reading.catalogue.all_bits):
                    part = "all of it" if masked == line.bits else actions(masked)
                    yield Finding(
                        line.policy.id,
                        f"{line.label}: attached to {org.path(target)}, but {org.path(above)} further up does not "
                        f"allow {part}, so this Allow opens nothing there",
                        f"Allow it at {org.path(above)} too, or take it out here.",
                    )
                    break


def allow_beside_full_access(reading: Reading) -> Iterator[Finding]:
    """An allow list on a level that allows everything anyway."""
    org = reading.org
    if not org.enforces(SCP):
        return
    for line in _own_allows(reading):
        if line.bits == reading.catalogue.all_bits:
            continue
        for target in org.targets(line.policy.id):
            if any(policy.handle == "FullAWSAccess" for policy in org.attached(target, SCP)):
                yield Finding(
                    line.policy.id,
                    f"{line.label}: FullAWSAccess is attached to {org.path(target)} too, so the list restricts "
                    "nothing: the policies of one level are united",
                    f"Write full_aws_access: false at {org.path(target)}, if only the list is meant to be allowed.",
                )


def without_guardrail(reading: Reading) -> Iterator[Finding]:
    """An OU whose accounts nothing but FullAWSAccess binds."""
    org = reading.org
    bound = org.bound()
    for ou in org.ous():
        direct = [child for child in org.children(ou.id) if isinstance(org.entity(child), Account)]
        own = any(child in bound for child in direct)
        path = [one for _, level in org.inherited(ou.id) for one in level if one.handle not in _IMPLIED]
        if direct and not own and not any(one.type.endswith("CONTROL_POLICY") for one in path):
            count = len(direct)
            yield Finding(
                ou.id,
                f"no guardrail binds its {count} account{'' if count == 1 else 's'}: nothing keeps them from leaving "
                "the organization or from switching logs off",
                "Attach a baseline of denials to the root or to this OU.",
            )


_IMPLIED = frozenset({"FullAWSAccess", "RCPFullAWSAccess"})


def locked_out(reading: Reading) -> Iterator[Finding]:
    """A protected principal that guardrails keep from what it must be able to do."""
    if not reading.sound:
        return
    org = reading.org
    for number, protected in enumerate(org.settings.protected_principals):
        lens = Lens(name=protected.principal, principal=_in_account(protected.principal))
        survey = Survey(org, lens)
        found: dict[tuple[str, str], list[str]] = {}
        for account in org.accounts():
            if account.management:
                continue
            cell = survey.cell(account)
            for action in _needed(org, protected, account):
                if cell.blocked & reading.catalogue.expand(action):
                    decision = decide(org, account.id, action, lens=lens)
                    reason = next((str(one).splitlines()[0] for one in decision.reasons if one.effect != "Allow"), "")
                    found.setdefault((action, reason), []).append(org.path(account.id))
        for (action, reason), paths in found.items():
            shown = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
            yield Finding(
                f"protected_principals[{number}]",
                f"{protected.principal} must keep {action} but is locked out of it in {shown}: {reason}",
                "Exempt it from that statement by a condition on aws:PrincipalArn.",
            )


def _needed(org: Organization, protected: ProtectedPrincipal, account: Account) -> list[str]:
    if protected.actions:
        return list(protected.actions)
    found = list(_NEEDED)
    role = protected.principal.rpartition("/")[2]
    for baseline in org.settings.baselines.values():
        if baseline.role in (None, role) and any(account.id in org.subtree(org.find(place)) for place in baseline.to):
            found += baseline.actions
    return list(dict.fromkeys(found))


def _in_account(arn: str) -> str:
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[4] == "*":
        parts[4] = "{{account.id}}"
    return ":".join(parts)


def _members(org: Organization, node: str) -> list[Account]:
    return [account for account in org.accounts(node) if not account.management]


def _own_allows(reading: Reading) -> Iterator[Line]:
    return (line for line in reading.allows if line.policy.type == SCP and not line.policy.aws_managed and line.bits)


def _level(reading: Reading, node: str) -> tuple[int, int]:
    """What a level may allow, and what it denies without conditions."""
    allowed = denied = 0
    for name, text in attached(reading.org, node, SCP):
        for statement in document(text, SCP, name).statements:
            bits = statement.action_bits(reading.catalogue)
            if statement.effect == "Allow":
                allowed |= bits
            elif statement.unconditional:
                denied |= bits
    return allowed, denied
