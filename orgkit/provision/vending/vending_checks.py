"""What is looked at before an account is vended: the request against the design, the live organization and the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from orgkit.design import Account, Organization, Problem, edits
from orgkit.design.checks import check
from orgkit.errors import InputError, did_you_mean
from orgkit.provision.planning.match import match
from orgkit.provision.vending.account_requests import AccountRequest

# Warnings about an account that is there; about one that is only asked for they are reasons to wait.
_STRICT = frozenset({"required-tag-missing"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A design with the accounts that are asked for, and all that is wrong with the requests."""

    design: Organization
    accounts: tuple[tuple[AccountRequest, str], ...]  # with the account's node in the design
    problems: tuple[Problem, ...]


def prepare(org: Organization, live: Organization, requests: Sequence[AccountRequest]) -> Prepared:
    """Put the accounts into a copy of the design, and say everything that is wrong with what was asked for."""
    design = org.copy()
    problems: list[Problem] = []
    accounts: list[tuple[AccountRequest, str]] = []
    for request in requests:
        try:
            accounts.append((request, add_account(design, org, request)))
        except InputError as error:
            beside = f" (at {error.where})" if error.where else ""
            problems.append(_problem(request, f"{request.name}: {error.what}{beside}", error.mend or ""))
    problems += _checked(design, accounts)
    problems += _against_live(design, live, accounts)
    return Prepared(design, tuple(accounts), tuple(problems))


def add_account(design: Organization, org: Organization, request: AccountRequest) -> str:
    """Put one account into a design, unless `org`, which it began as, has it already; returns its node."""
    ou = design.find(request.ou, "ou", "root")
    node = f"account:{request.name}"
    if node in org:
        _same(design, org.account(node), ou, request)  # it was recorded by an earlier run
    else:
        design.perform(edits.add_account(design, request.name, ou, email=request.email, **request.fields()))
    for name in request.baselines:
        _baseline(design, name, node)
    return node


def _same(design: Organization, account: Account, ou: str, request: AccountRequest) -> None:
    differs = []
    if account.email.casefold() != request.email.casefold():
        differs.append(f"with the email {account.email}")
    if design.parent(account.id) != ou:
        differs.append(f"in {design.path(design.parent(account.id) or '')}")
    if differs:
        raise InputError(
            f"the design has this account already, {' and '.join(differs)}",
            where=design.where(account.id),
            mend="Ask for another name; what exists is changed in org.yaml and by orgkit plan.",
        )


def _baseline(design: Organization, name: str, node: str) -> None:
    """See that a baseline goes to an account: by its OU, or else by itself."""
    baselines = design.settings.baselines
    if name not in baselines:
        raise InputError(f"there is no baseline {name!r}", mend=did_you_mean(name, baselines))
    baseline = baselines[name]
    if not any(design.find(place) in design.chain(node) for place in baseline.to):
        added = replace(baseline, to=(*baseline.to, design.account(node).handle))
        design.configure(baselines=type(baselines)({**baselines, name: added}))  # type: ignore[call-arg]


def _checked(design: Organization, accounts: Sequence[tuple[AccountRequest, str]]) -> Iterator[Problem]:
    """What the checks of a design say of these accounts, and of how many there are."""
    of_node = {node: request for request, node in accounts}
    for problem in check(design):
        request = of_node.get(problem.node or "")
        if request is not None and (problem.severity == "error" or problem.code in _STRICT):
            yield _problem(request, f"{request.name}: {problem.message}", problem.fix)
        elif problem.code == "too-many-accounts":
            yield problem


def _against_live(
    design: Organization, live: Organization, accounts: Sequence[tuple[AccountRequest, str]]
) -> Iterator[Problem]:
    if live.settings.organization_id is None:
        yield Problem(
            code="no-organization",
            severity="error",
            where=live.origin or "live organization",
            message="there is no organization yet, and accounts are vended into one",
            fix="Carry out the design first: orgkit plan, then orgkit apply.",
        )
        return
    matched = match(design, live)
    by_email = {account.email.casefold(): account for account in live.accounts()}
    for request, node in accounts:
        ou = design.parent(node) or ""
        if ou not in matched.live:
            yield _problem(
                request,
                f"{request.name}: the OU {design.path(ou)} is in the design and not in AWS yet",
                "Carry out the design first: orgkit plan, then orgkit apply.",
            )
        holder = by_email.get(request.email.casefold())
        if holder is not None:
            yield from _taken(live, request, holder, matched.live.get(ou))


def _taken(live: Organization, request: AccountRequest, holder: Account, ou: str | None) -> Iterator[Problem]:
    """An account with the email exists: it is ours, half made, where it has the name and waits in root or OU."""
    place = live.parent(holder.id)
    if holder.management or holder.state not in ("ACTIVE", "PENDING_ACTIVATION"):
        what = "the management account" if holder.management else f"an account that is {holder.state}"
        yield _problem(
            request,
            f"{request.name}: the email {request.email} is that of {what}, {live.path(holder.id)}",
            "Choose another email; AWS does not give one out twice.",
        )
    elif holder.name != request.name or place not in (live.root.id, ou):
        yield _problem(
            request,
            f"{request.name}: the email {request.email} is that of {holder.name}, which stands in "
            f"{live.path(place or live.root.id)}",
            "Choose another email, or add that account to org.yaml under its own name.",
        )


def _problem(request: AccountRequest, message: str, fix: str) -> Problem:
    return Problem(code="account-request", severity="error", where=request.where, message=message, fix=fix)
