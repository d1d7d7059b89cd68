"""Rules about the tree: levels that allow nothing, Allows that come to nothing, and who is locked out.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from orgkit.design import SCP, Account, Organization, OrganizationalUnit, Policy, Target
from orgkit.design.checks.finding import Finding, named
from orgkit.design.sections import Lens, ProtectedPrincipal
from orgkit.guardrails.decide import decide
from orgkit.guardrails.lens import asks_at_home
from orgkit.guardrails.lint.reading import TYPES, Line, Reading
from orgkit.guardrails.telling import actions

# What a role needs to set an account up and to mend it, where the design does not say what it must keep.
NEEDED = ("iam:CreateRole", "iam:PutRolePolicy", "cloudformation:CreateStack")


def blocks_everything(reading: Reading, targets: Iterable[Target]) -> Iterator[Finding]:
    """A level at which nothing is allowed, or everything denied."""
    org = reading.org
    if not org.enforces(SCP) or not reading.sound:
        return
    bound = org.bound()
    for entity in targets:
        node = entity.id
        if isinstance(entity, Account) and entity.management:
            continue
        if entity.full_aws_access and node not in bound:
            continue  # FullAWSAccess alone allows everything
        allowed, denied = reading.level(node)
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


def allow_masked(reading: Reading, policies: Iterable[Policy]) -> Iterator[Finding]:
    """An Allow for actions that a level further up does not allow."""
    org = reading.org
    if not org.enforces(SCP) or not reading.sound:
        return
    for line in _own_allows(reading, policies):
        for target in org.targets(line.policy.id):
            for above in org.ancestors(target):
                allowed, denied = reading.level(above)
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


def allow_beside_full_access(reading: Reading, policies: Iterable[Policy]) -> Iterator[Finding]:
    """An allow list on a level that allows everything anyway."""
    org = reading.org
    if not org.enforces(SCP):
        return
    for line in _own_allows(reading, policies):
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


def without_guardrail(reading: Reading, ous: Iterable[OrganizationalUnit]) -> Iterator[Finding]:
    """An OU whose accounts nothing but FullAWSAccess binds."""
    org = reading.org
    bound = org.bound()
    for ou in ous:
        if any(org.policy(one).type in TYPES for one in reading.path(ou.id)):
            continue
        direct = [child for child in org.children(ou.id) if org.entity(child).kind == "account"]
        if direct and bound.isdisjoint(direct):
            count = len(direct)
            yield Finding(
                ou.id,
                f"no guardrail binds its {count} account{'' if count == 1 else 's'}: nothing keeps them from leaving "
                "the organization or from switching logs off",
                "Attach a baseline of denials to the root or to this OU.",
            )


def locked_out(reading: Reading) -> Iterator[Finding]:
    """A protected principal that guardrails keep from what it must be able to do."""
    if not reading.sound:
        return
    org = reading.org
    for number, protected in enumerate(org.settings.protected_principals):
        lens = Lens(name=protected.principal, principal=_in_account(protected.principal))
        cells = reading.asked.through(lens).cells
        needed = _Needed(org, protected)
        some = 0
        for action in needed.anywhere:
            some |= reading.catalogue.expand(action)
        if not any(cell.blocked & some for cell in {id(cell): cell for cell in cells.values()}.values()):
            continue
        stopped: dict[tuple[int, str], bool] = {}  # by the cell that accounts share, and the action
        found: dict[tuple[str, str], list[str]] = {}
        for account in org.accounts():
            if account.management:
                continue
            cell = cells[account.id]
            for action in needed.by(account):
                key = id(cell), action
                if key not in stopped:
                    stopped[key] = bool(cell.blocked & reading.catalogue.expand(action))
                if stopped[key]:
                    found.setdefault((action, _reason(reading, lens, account, action)), []).append(account.id)
        for (action, reason), nodes in found.items():
            shown = ", ".join(map(org.path, nodes[:3])) + (f" and {len(nodes) - 3} more" if len(nodes) > 3 else "")
            yield Finding(
                f"protected_principals[{number}]",
                f"{protected.principal} must keep {action} but is locked out of it in {shown}: {reason}",
                "Exempt it from that statement by a condition on aws:PrincipalArn.",
            )


def _reason(reading: Reading, lens: Lens, account: Account, action: str) -> str:
    """What keeps a principal from an action, in a line."""

    def ask() -> str:
        decision = decide(reading.org, account.id, action, lens=lens)
        return next((str(one).splitlines()[0] for one in decision.reasons if one.effect != "Allow"), "")

    return reading.alike.ask((lens.principal, action), account, ask) if asks_at_home(lens) else ask()


class _Needed:
    """What a protected principal must be able to do in each account."""

    def __init__(self, org: Organization, protected: ProtectedPrincipal) -> None:
        role = protected.principal.rpartition("/")[2]
        self._everywhere = protected.actions or NEEDED
        self._baselines = [
            baseline
            for baseline in org.settings.baselines.values()
            if not protected.actions and baseline.actions and baseline.role in (None, role)
        ]
        self._org = org

    @property
    def anywhere(self) -> set[str]:
        """The actions needed in some account."""
        return {*self._everywhere, *(action for baseline in self._baselines for action in baseline.actions)}

    @cached_property
    def _added(self) -> dict[str, tuple[str, ...]]:
        added: dict[str, tuple[str, ...]] = {}
        for baseline in self._baselines:
            places = [named(self._org, place, "root", "ou", "account") for place in baseline.to]
            below = {node for place in places if place is not None for node in self._org.subtree(place)}
            added |= {node: added.get(node, ()) + baseline.actions for node in below}
        return added

    def by(self, account: Account) -> Iterable[str]:
        """The actions needed in one account, each once."""
        return dict.fromkeys((*self._everywhere, *self._added.get(account.id, ())))


def _in_account(arn: str) -> str:
    parts = arn.split(":", 5)
    if len(parts) == 6 and parts[4] == "*":
        parts[4] = "{{account.id}}"
    return ":".join(parts)


def _members(org: Organization, node: str) -> list[Account]:
    return [account for account in org.accounts(node) if not account.management]


def _own_allows(reading: Reading, policies: Iterable[Policy]) -> Iterator[Line]:
    own = (one for one in policies if one.type == SCP and not one.aws_managed)
    return (line for line in reading.lines(own) if line.statement.effect == "Allow" and line.bits)
