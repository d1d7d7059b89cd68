"""Design a multi-account AWS organization, see what it means, and carry it out.

One verb is one function here, one command of `orgkit`, and one section of a notebook. Nothing of a third party is
imported until a verb is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from os import PathLike
    from pathlib import Path

    from orgkit import policy as policy
    from orgkit.cloud import Target
    from orgkit.cost import Rollup
    from orgkit.design import Organization, Problems
    from orgkit.diagram import Diagram
    from orgkit.guardrails import Comparison, Lens, Permissions
    from orgkit.notebook import Run
    from orgkit.notebook.designer import Designer as Designer
    from orgkit.policy import Decision
    from orgkit.provision import Applied, Drift, Plan, Vending
    from orgkit.provision.vending.account_requests import Requests

__version__ = "0.1.0"

STARTER: Final = "starter"

__all__ = [
    "STARTER",
    "Designer",
    "apply",
    "check",
    "compare",
    "connect",
    "decide",
    "draw",
    "drift",
    "load",
    "new",
    "permissions",
    "plan",
    "policy",
    "read",
    "rollup",
    "run",
    "save",
    "vend",
]


def __getattr__(name: str) -> Any:
    # `orgkit.policy` and the other rooms are there without an import of their own, and cost nothing until asked for.
    if name in {"cloud", "cost", "design", "diagram", "errors", "guardrails", "notebook", "policy", "provision"}:
        return import_module(f"orgkit.{name}")
    if name == "Designer":
        return import_module("orgkit.notebook.designer").Designer
    raise AttributeError(f"module 'orgkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


def new(folder: str | PathLike[str], *, mended: bool = False) -> list[Path]:
    """Write the starter organization and the notebooks into `folder`; returns what was written.

    The starter keeps well-known mistakes, which `check` finds and a plan refuses; `mended` writes it without them.
    Nothing is ever overwritten: a file that stands there already is an InputError.
    """
    from orgkit.starter import write

    return write(folder, mended=mended)


def load(path: str | PathLike[str] = "org.yaml") -> Organization:
    """Read a design; `"starter"` is the one that ships with orgkit.

    Raises FileError with file, line and column where the file is not what it should be.
    """
    from pathlib import Path

    from orgkit.design import load as read_file
    from orgkit.starter import design

    return read_file(design(), shown="starter/org.yaml") if path == STARTER else read_file(Path(path))


def save(org: Organization, path: str | PathLike[str]) -> str:
    """Write a design and return what changed, as a unified diff; every other line stays as it was, byte for byte.

    Raises FileError, with every file as it was, where somebody else changed one since the design was read.
    """
    from pathlib import Path

    from orgkit.design import save as write_file

    return write_file(org, Path(path))


def check(org: Organization) -> Problems:
    """Everything wrong with a design: structure and quotas, what its guardrails mean, the expectations it states."""
    from orgkit.checking import check as check_all

    return check_all(org)


def decide(
    org: Organization,
    account: str,
    action: str,
    resource: str | None = None,
    principal: str | None = None,
    context: Mapping[str, Any] | None = None,
    *,
    lens: str | Lens | None = None,
    second_opinion: str | None = None,
) -> Decision:
    """Whether the guardrails of `account` stop a request, why, and what the answer depends on.

    `principal` None is an ordinary role of the account. What is left out is unknown, so the outcome may be
    `undetermined`; `missing` then names what it turns on. `lens` fills in a scenario of the design. `second_opinion`
    names a target (`aws`, `aws:PROFILE`) whose policy simulator is asked too.
    """
    from orgkit.guardrails import decide as decide_request

    opinion: dict[str, Any] = {}
    if second_opinion is not None:
        opinion["second_opinion"] = connect(second_opinion).client("iam")
    return decide_request(org, account, action, resource, principal, context or {}, lens=lens, **opinion)


def permissions(org: Organization, lens: str | Lens | None = None) -> Permissions:
    """For each account and each action of the catalogue: not blocked, blocked, or depends, and on what."""
    from orgkit.guardrails import permissions as all_permissions

    return all_permissions(org, lens=lens)


def compare(before: Organization, after: Organization, lens: str | Lens | None = None) -> Comparison:
    """Which accounts gain or lose which actions between two designs, grouped by cause, each with a witness."""
    from orgkit.guardrails import compare as compare_designs

    return compare_designs(before, after, lens=lens)


def rollup(org: Organization, by: str = "ou", **options: Any) -> Rollup:
    """Planned monthly cost over the tree (`ou`), by `account`, `owner` or a tag (`tag:Team`); exact, and it foots."""
    from orgkit.cost import rollup as roll_up

    return roll_up(org, by, **options)


def draw(org: Organization, view: str = "structure", **options: Any) -> Diagram:
    """A picture of an organization that shows itself in a notebook and saves as SVG, PNG, Mermaid or draw.io."""
    from orgkit.diagram import draw as draw_view

    return draw_view(org, view, **options)


def connect(target: str = "sandbox", **options: Any) -> Target:
    """Where an organization lives: `sandbox`, `sandbox:FILE`, `endpoint:URL`, `aws` or `aws:PROFILE`.

    Ambient AWS credentials are used only where `aws` is named.
    """
    from orgkit.cloud import connect as open_target

    return open_target(target, **options)


def read(
    target: Target,
    *,
    design: Organization | None = None,
    progress: Callable[..., None] | None = None,
    roles: bool = False,
    whole: bool = False,
) -> Organization:
    """The live organization as it stands; an empty one where there is none yet.

    With a `design`, what it describes beside the tree is looked at too, as a plan does by itself. With `roles`, every
    member account is entered, through its access role, for all roles in it; with `whole`, for everything that a design
    can say, and what it cannot is in `Organization.remarks`.
    """
    from orgkit.cloud import read as read_live

    return read_live(target, design=design, progress=progress, roles=roles, whole=whole)


def plan(design: Organization, live: Organization, *, remove: Iterable[str] = (), **options: Any) -> Plan:
    """The steps from a live organization to a design, in order, with a digest to approve; nothing is written.

    What the design describes beside the tree, and was not looked at while reading, is looked at first.
    """
    from orgkit.provision import looked_at
    from orgkit.provision import plan as make_plan

    named = tuple(remove)
    return make_plan(design, looked_at(design, live, named), remove=named, **options)


def apply(
    plan: Plan | None,
    target: Target,
    *,
    approve: str | None = None,
    journal: str | PathLike[str] | None = None,
    **options: Any,
) -> Applied:
    """Carry out a plan whose digest was approved; every call is written to the journal before and after.

    With `resume=True` the run in the journal goes on where it stopped; its plan need not be given again (None).
    Raises Refused where the digest is not the plan's or the live organization has changed since, Incomplete where steps
    failed, Interrupted where the user stopped it.
    """
    from orgkit.provision import apply as carry_out

    return carry_out(plan, target, approve=approve, journal=journal, **options)


def drift(
    design: Organization,
    live: Target | Organization,
    *,
    journal: str | PathLike[str] | None = None,
    progress: Callable[..., None] | None = None,
) -> Drift:
    """How the live organization differs from the design, and which side was changed since the apply in the journal.

    Each difference can be adopted into the design or reverted by a plan. `live` is a target, which is read, or what was
    read from one. Without a journal no difference says which side changed.
    """
    from orgkit.design import Organization as Model
    from orgkit.provision import drift as compare_three_ways
    from orgkit.provision.execution.journal import last_design

    found = live if isinstance(live, Model) else read(live, design=design, progress=progress)
    return compare_three_ways(design, None if journal is None else last_design(journal), found)


def vend(
    org: Organization | str | PathLike[str],
    requests: Requests,
    target: Target,
    *,
    approve: str | None = None,
    journal: str | PathLike[str] | None = None,
    **options: Any,
) -> Vending:
    """Vend accounts: check what is asked for, plan it, and once its digest is approved make and record the accounts.

    `org` is a design, which is edited, or its file, which is saved. `requests` are one or several maps (name, email,
    ou, owner, tags, budget, monthly_cost, baselines), or a CSV or YAML file. Without `approve` nothing is done.
    Raises InputError with every mistake, Refused where the digest is another plan's, Interrupted where the user stopped
    it; what failed stands in the answer. Vending the same list again goes on where an earlier run was stopped.
    """
    from orgkit.provision import vend as vend_accounts

    return vend_accounts(
        load(STARTER) if org == STARTER else org, requests, target, approve=approve, journal=journal, **options
    )


def run(
    notebook: str | PathLike[str],
    parameters: Mapping[str, Any] | None = None,
    output_dir: str | PathLike[str] = "out",
    **options: Any,
) -> Run:
    """Run a notebook without a person; results are files in `output_dir`.

    An unknown parameter is refused with the names of those there are.
    """
    from orgkit.notebook import run as run_notebook

    return run_notebook(notebook, parameters, output_dir, **options)
