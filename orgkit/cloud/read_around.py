"""Reading what stands around the tree where no design names it: found first, then looked at, then said as a design.

Trails, stack sets and security services are listed by the management account. Everything else is in members: the
bucket that the logs go to, roles, settings. These accounts are entered through their access roles; what could not be
entered or cannot be said in `org.yaml` is a remark, so that nothing is left out unsaid.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackSets.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from orgkit.cloud.access_as_design import as_design
from orgkit.cloud.around_as_design import (
    SETTINGS,
    baseline_as_design,
    logging_as_design,
    security_as_design,
    settings_as_design,
)
from orgkit.cloud.looking import Looking, Unreadable
from orgkit.cloud.looks import MANAGEMENT, STACK_SETS
from orgkit.cloud.read_baselines import read_baselines
from orgkit.cloud.read_billing import BUDGET_PREFIX, BUDGETS, CONTACTS
from orgkit.cloud.read_logging import read_logging
from orgkit.cloud.read_roles import ACTIVE
from orgkit.cloud.read_security import read_security
from orgkit.design import Account, Organization
from orgkit.design.contacts import CONTACT_SERVICE
from orgkit.design.live_access import live_identity_center, live_roles
from orgkit.design.sections import Access, Baseline, Logging, Security
from orgkit.design.template import read_template
from orgkit.errors import DesignError

if TYPE_CHECKING:
    from orgkit.cloud.target import Target

# Stack sets that AWS Control Tower makes for itself: https://docs.aws.amazon.com/controltower/latest/userguide/shared-account-resources.html
_NOT_OURS: Final = ("AWSControlTower",)
_ADMINISTERED: Final = ("guardduty", "securityhub")
_ALL_SETTINGS: Final = ["password_policy", "ebs_encryption_by_default", "s3_public_access_block"]
# What accounts that hold logs are called: they are asked first whether the bucket is theirs.
_LIKELY: Final = ("log", "archive", "audit", "security")


def with_surroundings(target: Target, live: Organization, *, progress: Callable[..., None]) -> Organization:
    """The organization with everything around it in its settings, and in `remarks` what they do not say.

    Errors: CloudError where AWS does not answer.
    """
    management = live.management
    if live.settings.organization_id is None or management is None:
        return live
    if target.account_id != management.aws_id:
        live.remarks = (*live.remarks, "logging, baselines, security: the management account alone sees them")
        return live
    reading = _Around(target, live, progress)
    security, regions = reading.security()
    logging = reading.logging()
    home = reading.home
    baselines = reading.baselines(regions)
    places = dict.fromkeys((home, *regions, *(region for one in baselines.values() for region in one.regions)))
    found: dict[str, Any] = {"regions": tuple(places)}
    if len(live.accounts()) > live.quotas["accounts"]:
        found["limits"] = {"accounts": len(live.accounts())}
        reading.remarks.append("organization.limits.accounts: AWS granted at least as many as there are accounts")
    if security is not None:
        found["security"] = security
    if logging is not None:
        found["logging"] = logging
    if baselines:
        found["baselines"] = baselines
    access, remarks = as_design(live, live_identity_center(live), live_roles(live).without(_made_by(baselines)))
    if access != Access() or live.settings.access is not None:
        found["access"] = None if access == Access() else access
    reading.remarks = [*remarks, *reading.remarks]
    reading.billing()
    live.configure(**found)
    said = live.copy()
    said.unknown = (*live.unknown, *reading.unknown)
    said.remarks = (*live.remarks, *reading.remarks)
    return said


def _made_by(baselines: Mapping[str, Baseline]) -> frozenset[str]:
    """Names of the roles that the templates of stack sets make."""
    found: set[str] = set()
    for baseline in baselines.values():
        try:
            resources = read_template(getattr(baseline.template, "content", "") or "").resources.values()
            found.update(one.role_name for one in resources if one.role_name is not None)
        except DesignError:
            continue
    return frozenset(found)


class _Around:
    """One reading of what stands around the tree."""

    def __init__(self, target: Target, live: Organization, progress: Callable[..., None]) -> None:
        self._target = target
        self._live = live
        self._looking = Looking(target, live)
        self._progress = progress
        self.home = target.region
        self.unknown: list[str] = []
        self.remarks: list[str] = []

    def _part(self, name: str, read: Callable[[], Any]) -> Any:
        """What a part holds; None, and said, where it may not be read."""
        try:
            return read()
        except Unreadable as error:
            self.unknown.append(name)
            self.remarks.append(f"{name}: it may not be read ({error})")
            return None

    def _open(self) -> Iterator[Account]:
        """The accounts that can be entered, the management account first."""
        unread = live_roles(self._live).unread
        accounts = sorted(self._live.accounts(), key=lambda account: not account.management)
        return (one for one in accounts if one.state == ACTIVE and one.aws_id not in unread)

    # ---- security --------------------------------------------------------------------------------

    def security(self) -> tuple[Security | None, tuple[str, ...]]:
        """Administrators are registered as delegated ones, so nobody else can be one."""
        delegated = self._live.settings.delegated_administrators
        administrators = {
            service: handles[0]
            for service in _ADMINISTERED
            if (handles := delegated.get(f"{service}.amazonaws.com", ()))
        }
        trusted = self._live.settings.trusted_access
        regions = self._part("security", self._regions) if administrators else []
        wanted: dict[str, Any] = {"regions": regions or [], "accounts": []}
        wanted |= {service: self._live.account(handle).aws_id for service, handle in administrators.items()}
        services = {"ram": "ram.amazonaws.com", "root": "iam.amazonaws.com"}
        wanted |= {name: True for name, service in services.items() if service in trusted}
        if regions is None or len(wanted) == 2:
            return None, ()
        self._progress("security services", 0, None)
        facts = self._part("security", lambda: read_security(self._looking, wanted))
        if facts is None:
            return None, ()
        security, stands, remarks = security_as_design(self._live, facts, administrators)
        self.remarks += remarks
        return security, stands

    def _regions(self) -> list[str]:
        """The regions that are switched on, this one first: security services are in each on their own."""
        client = self._looking.client("ec2", None, self.home)
        found = sorted(one["RegionName"] for one in (self._looking.ask(client, "describe_regions") or {})["Regions"])
        return sorted(found, key=lambda region: region != self.home)

    # ---- logging ---------------------------------------------------------------------------------

    def logging(self) -> Logging | None:
        self._progress("central logging", 0, None)
        wanted = self._part("logging", self._writers)
        if not wanted:
            return None
        owner = self._part("logging", lambda: self._owner(wanted["bucket"]))
        if owner is None:
            if "logging" not in self.unknown:
                self.remarks.append(
                    f"logging: the bucket {wanted['bucket']} is in no account that could be entered, "
                    "so neither it nor what writes to it is here"
                )
            return None
        own = wanted.get("config_bucket")
        if own is not None and not self._has(owner, own):
            del wanted["config_bucket"]
            self.remarks.append(f"logging: Config delivers to the bucket {own}, which is not in {owner.handle}")
        wanted |= {"account": MANAGEMENT if owner.management else owner.aws_id, "accounts": {}}
        facts = self._part("logging", lambda: read_logging(self._looking, wanted))
        if facts is None:
            return None
        logging, remarks = logging_as_design(owner.handle, wanted, facts)
        self.remarks += remarks
        return logging

    def _writers(self) -> dict[str, Any]:
        """The organization trail, the aggregator, and the buckets they stand for."""
        looking = self._looking
        client = looking.client("cloudtrail", None, self.home)
        trails = (looking.ask(client, "describe_trails", includeShadowTrails=True) or {}).get("trailList", [])
        mine = sorted((one for one in trails if one.get("IsOrganizationTrail")), key=lambda one: str(one["Name"]))
        wanted: dict[str, Any] = {"recorder": True}
        if mine:
            self.home = mine[0].get("HomeRegion", self.home)
            wanted |= {"trail": mine[0]["Name"], "bucket": mine[0]["S3BucketName"]}
        self.remarks += [f"logging: the organization trail {one['Name']}, as a second one" for one in mine[1:]]
        others = [one["Name"] for one in trails if not one.get("IsOrganizationTrail")]
        if others:
            self.remarks.append(f"logging: trails of the management account alone: {', '.join(sorted(others))}")
        config = looking.client("config", None, self.home)
        listed = looking.items(config, "describe_configuration_aggregators", "ConfigurationAggregators")
        ours = [one for one in listed if one.get("OrganizationAggregationSource")]
        gather = sorted(str(one["ConfigurationAggregatorName"]) for one in ours)
        if gather:
            wanted["aggregator"] = gather[0]
        channels = (looking.ask(config, "describe_delivery_channels") or {}).get("DeliveryChannels", [])
        if "bucket" in wanted and channels and channels[0]["s3BucketName"] != wanted["bucket"]:
            wanted["config_bucket"] = channels[0]["s3BucketName"]
        if "bucket" not in wanted:
            if not channels:
                if gather:
                    self.remarks.append(f"logging: the aggregator {gather[0]} of Config, as there is no log archive")
                return {}
            wanted["bucket"] = channels[0]["s3BucketName"]
        return {**wanted, "region": self.home}

    def _owner(self, bucket: str) -> Account | None:
        """S3 does not tell whose a bucket is: each account is asked for its own, the likely ones first."""

        def likely(account: Account) -> bool:
            return account.management or any(word in account.name.lower() for word in _LIKELY)

        accounts = sorted(self._open(), key=lambda one: not likely(one))
        return next((account for account in accounts if self._has(account, bucket)), None)

    def _has(self, account: Account, bucket: str) -> bool:
        try:
            client = self._looking.client("s3", None if account.management else account.aws_id, self.home)
            listed = (self._looking.ask(client, "list_buckets") or {}).get("Buckets", [])
        except Unreadable:
            return False
        return any(one["Name"] == bucket for one in listed)

    # ---- baselines -------------------------------------------------------------------------------

    def baselines(self, regions: tuple[str, ...]) -> dict[str, Baseline]:
        found: dict[str, Baseline] = {}
        facts = self._part("baselines", self._stack_sets) or {}
        for name, one in facts.items():
            baseline, remarks = baseline_as_design(self._live, name, one["stack_set"])
            self.remarks += remarks
            if baseline is not None:
                found[name] = baseline
        if found:
            self.remarks.append(
                "baselines: how many accounts at a time and how many may fail, which belong to each operation"
            )
        places = dict.fromkeys((self.home, *regions, *(region for one in found.values() for region in one.regions)))
        settings: dict[str, Any] = {}
        open_ = list(self._open())
        for number, account in enumerate(open_, 1):
            look = {
                "stack_set": False,
                "settings": _ALL_SETTINGS,
                "regions": list(places),
                "accounts": [MANAGEMENT if account.management else account.aws_id],
            }
            path = self._live.path(account.id)
            part = self._part(f"settings of {path}", partial(read_baselines, self._looking, {SETTINGS: look}))
            settings |= part[SETTINGS]["settings"] if part is not None else {}
            self._progress("accounts looked into for their settings", number, len(open_))
        return settings_as_design(self._live, settings, found)

    def _stack_sets(self) -> dict[str, Any]:
        names = read_baselines(self._looking, {STACK_SETS: {"region": self.home}})[STACK_SETS]
        theirs = [name for name in names if name.startswith(_NOT_OURS)]
        if theirs:
            self.remarks.append(f"baselines: stack sets of AWS Control Tower: {', '.join(theirs)}")
        wanted = {name: {"stack_set": True, "region": self.home} for name in names if name not in theirs}
        facts = read_baselines(self._looking, wanted)
        return {name: facts[name] for name in wanted if facts[name]["stack_set"] is not None}

    # ---- money and people ------------------------------------------------------------------------

    def billing(self) -> None:
        """What reading of budgets, contacts and Identity Center leaves out."""
        live = self._live
        management = live.management
        if BUDGETS in live.surroundings and management is not None:
            client = self._looking.client("budgets")
            listed = self._looking.items(client, "describe_budgets", "Budgets", AccountId=management.aws_id)
            others = sorted(one["BudgetName"] for one in listed if not one["BudgetName"].startswith(BUDGET_PREFIX))
            if others:
                self.remarks.append(f"budgets that others made: {', '.join(others)}")
        if CONTACTS in live.surroundings and CONTACT_SERVICE not in live.settings.trusted_access:
            self.remarks.append(f"alternate contacts: AWS shows them where {CONTACT_SERVICE} has trusted access")
        if live_identity_center(live).instance is not None:
            self.remarks.append(
                "access: users of Identity Center, what is assigned to single users, and customer managed policies "
                "of permission sets"
            )
