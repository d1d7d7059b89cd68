"""Reading org.yaml: what stands there, as the shape types it, and where it stands."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from orgkit.design import Money, Organization, load, references
from orgkit.design.sections import ProtectedPrincipal, Removal, SecretReference
from orgkit.errors import FileError
from orgkit.starter import design

STARTER = design()


@pytest.fixture(scope="module")
def starter() -> Organization:
    return load(STARTER)


def read(folder: Path, text: str, **files: str) -> Organization:
    (folder / "org.yaml").write_text(text, encoding="utf-8", newline="")
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
    return load(folder / "org.yaml")


def test_the_starter_is_read_whole(starter: Organization) -> None:
    assert (len(starter.ous()), len(starter.accounts()), len(starter.policies())) == (6, 11, 2)
    assert starter.management is not None
    assert starter.management.email == "aws@company.com"
    assert starter.account("app-a-staging").monthly_cost == Money(Decimal("1150.50"), "USD")
    assert [policy.handle for policy in starter.attached("ou:Sandbox", implied=False)] == ["sandbox-limits"]
    settings = starter.settings
    assert len(settings.trusted_access) == 7
    assert settings.delegated_administrators["guardduty.amazonaws.com"] == ("security-audit",)
    assert settings.protected_principals == (
        ProtectedPrincipal(principal="arn:aws:iam::*:role/OrganizationAccountAccessRole"),
    )
    assert settings.access is not None
    role = settings.access.roles["cicd-deploy-role"]
    assert (role.max_session, role.external_id) == (3600, SecretReference(source="env", name="CICD_EXTERNAL_ID"))
    assert settings.access.permission_sets["developer"].session_duration == 8 * 3600
    assert settings.logging is not None and settings.logging.bucket_policy is not None
    assert settings.logging.bucket_policy.file == "policies/log-bucket.json"
    assert settings.baselines["security-baseline"].to == ("Security", "Infrastructure", "Workloads", "Sandbox")


def test_nobody_can_means_that_every_lens_cannot(starter: Organization) -> None:
    nobody, *_, pipeline, _, far, _ = starter.settings.expectations
    assert (nobody.can, nobody.lenses, nobody.actions) == (False, (), ("cloudtrail:StopLogging",))
    assert (pipeline.can, pipeline.lenses) == (True, ("pipeline",))
    assert (far.can, far.lenses) == (False, ("far-region",))


def test_a_loaded_organization_has_no_history(starter: Organization) -> None:
    assert (starter.revision, starter.history) == (0, ())


def test_every_name_in_the_settings_has_its_place(starter: Organization) -> None:
    lines = STARTER.read_text("utf-8").splitlines()
    places = list(references.mentions(starter.settings))
    assert len(places) > 15
    for place, name, *_ in places:
        mark = starter.marks[place]
        assert any(name in line for line in lines[mark.line - 1 : mark.line + 1]), place


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("account:app-a-prod", "app-a-prod: {"),
        ("account:app-a-prod.monthly_cost", "5200 USD"),
        ("ou:Workloads/Production", "Production:"),
        ("ou:Workloads/Production.policies", "policies: [production"),
        ("policy:sandbox-limits.file", "policies/sandbox-limits.json"),
        ("account:management.email", "aws@company.com"),
        ("organization.trusted_access[3]", "securityhub.amazonaws.com"),
        ("organization.limits.accounts", "accounts: 50"),
        ("baselines.security-baseline.to[0]", "Security,"),
        ("expectations[2]", "{in: Workloads/Production, nobody: true, can: organizations"),
        ("access.roles.cicd-deploy-role.trusts[0].account", "shared-services, role"),
    ],
)
def test_marks_point_at_what_they_name(starter: Organization, key: str, text: str) -> None:
    mark = starter.marks[key]
    line = STARTER.read_text("utf-8").splitlines()[mark.line - 1]
    assert line[mark.column - 1 :].startswith(text)
    assert str(mark) in starter.where(key)


def test_scalars_are_read_as_the_shape_types_them(tmp_path: Path) -> None:
    org = read(
        tmp_path,
        """\
orgkit: 1
organization:
  limits: {accounts: 1_000}
policies:
  tagging:
    type: SERVICE_CONTROL_POLICY
    content:
      Version: 2012-10-17
      Statement: {Effect: Deny, Action: "*", Resource: "*", Condition: {
        Bool: {"aws:SecureTransport": false}, StringEquals: {a: 012345678901, b: yes, c: 1.50, d: 3, e: "3"}}}
root:
  accounts:
    a:
      email: a@example.com
      id: 012345678901
      tags: {Agreed: yes, Version: 2012-10-17, Number: 007, Half: .5, Empty: ""}
      monthly_cost: 1,250.50 EUR
access:
  permission_sets: {a: {session: 90m}, b: {session: 1h30m}, c: {session: 3600}, d: {session: 45s}}
""",
    )
    account = org.account("a")
    assert account.aws_id == "012345678901"
    assert dict(account.tags) == {
        "Agreed": "yes", "Version": "2012-10-17", "Number": "007", "Half": ".5", "Empty": "",
    }  # fmt: skip
    assert account.monthly_cost == Money(Decimal("1250.50"), "EUR")
    assert org.settings.limits["accounts"] == 1000
    document = org.policy("tagging").document
    assert document["Version"] == "2012-10-17"
    assert document["Statement"]["Condition"] == {
        "Bool": {"aws:SecureTransport": False},
        "StringEquals": {"a": "012345678901", "b": "yes", "c": "1.50", "d": 3, "e": "3"},
    }
    assert org.settings.access is not None
    sessions = [each.session_duration for each in org.settings.access.permission_sets.values()]
    assert sessions == [5400, 5400, 3600, 45]


def test_declared_holds_the_keys_that_are_written(tmp_path: Path) -> None:
    org = read(
        tmp_path, "orgkit: 1\norganization: {regions: [us-east-1]}\nroot: {ous: {A: {tags: {}}, B: {name: Bee}}}\n"
    )
    assert org.settings.declared == {"regions"}
    assert org.root.declared == {"ous"}
    assert org.ou("A").declared == {"tags"}
    assert org.ou("B").declared == frozenset()
    assert org.ou("B").name == "Bee"


def test_the_management_account_may_stand_in_an_ou(tmp_path: Path) -> None:
    org = read(
        tmp_path,
        "orgkit: 1\norganization: {management: {email: m@example.com, name: Payer, ou: Core}}\n"
        "root: {ous: {Core: {}}}\n",
    )
    assert org.management is not None
    assert (org.management.handle, org.management.name) == ("management", "Payer")
    assert org.path(org.management.id) == "Core/management"


def test_full_aws_access_may_be_listed_or_taken_away(tmp_path: Path) -> None:
    org = read(
        tmp_path,
        "orgkit: 1\npolicies: {guard: {type: SERVICE_CONTROL_POLICY, content: {}}}\n"
        "root:\n  policies: [FullAWSAccess, guard]\n  ous: {A: {full_aws_access: false}}\n",
    )
    assert [policy.handle for policy in org.attached("root", implied=False)] == ["guard"]
    assert org.root.full_aws_access
    assert not org.ou("A").full_aws_access


def test_moves_and_removals_are_read(tmp_path: Path) -> None:
    org = read(
        tmp_path,
        "orgkit: 1\nmoved:\n- {from: Old, to: New}\n- {from: deny, to: Deny all, policy: SERVICE_CONTROL_POLICY}\n"
        "remove:\n- {ou: Gone}\n- {detach: guard, from: root}\n"
        "- {close: a}\n- {leave: b}\n- {policy: p}\n",
    )
    assert [(move.old, move.new, move.policy) for move in org.settings.moved] == [
        ("Old", "New", None),
        ("deny", "Deny all", "SERVICE_CONTROL_POLICY"),
    ]
    assert org.settings.remove == (
        Removal(kind="ou", ref="Gone"),
        Removal(kind="detach", ref="guard", source="root"),
        Removal(kind="close", ref="a"),
        Removal(kind="leave", ref="b"),
        Removal(kind="policy", ref="p"),
    )


def test_an_ou_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    org = read(
        tmp_path,
        "orgkit: 1\nroot: {ous: {A: {include: a.yaml}}}\n",
        a="budget: 5 USD\nous: {B: {include: b.yaml}}\n",
        b="accounts:\n  shop: {email: shop@example.com}\n",
    )
    assert org.path("account:shop") == "A/B/shop"
    assert org.marks["account:shop"].file.endswith("b.yaml")
    assert org.marks["ou:A.budget"].line == 1


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_line_endings_and_a_byte_order_mark_change_no_place(tmp_path: Path, newline: str, bom: str) -> None:
    org = read(tmp_path, bom + "orgkit: 1\nroot:\n  owner: me\n".replace("\n", newline))
    assert (org.marks["root.owner"].line, org.marks["root.owner"].column) == (3, 10)
    assert (org.marks["orgkit"].line, org.marks["orgkit"].column) == (1, 9)


def test_it_reads_without_libyaml_too(monkeypatch: pytest.MonkeyPatch, starter: Organization) -> None:
    monkeypatch.delattr("yaml.CSafeLoader", raising=False)
    again = load(STARTER)
    assert again == starter
    assert again.marks == starter.marks


def test_yaml_is_not_imported_before_a_file_is_read() -> None:
    code = "import sys, orgkit.design; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_file_is_shown_by_the_name_given_and_else_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "ou.yaml").write_text("accounts: {a: {email: a@example.com}}", encoding="utf-8")
    path = tmp_path / "org.yaml"
    path.write_text("orgkit: 1\nroot:\n  ous:\n    A: {include: ou.yaml}\n", encoding="utf-8")

    def place(node: str, shown: str | None = None) -> str:
        return load(path, shown=shown).where(node).partition(" ")[0]

    assert place("ou:A", "starter/org.yaml") == "starter/org.yaml:4:5"
    assert place("account:a", "starter/org.yaml") == f"{Path('starter/ou.yaml')}:1:12"
    monkeypatch.chdir(tmp_path)
    assert place("account:a") == "ou.yaml:1:12"
    monkeypatch.chdir(tmp_path / "here")
    assert place("ou:A") == f"{path}:4:5"


def test_a_mistake_in_a_file_is_shown_by_the_name_given(tmp_path: Path) -> None:
    (tmp_path / "org.yaml").write_text("orgkit: 1\nroots: {}\n", encoding="utf-8")
    with pytest.raises(FileError) as refused:
        load(tmp_path / "org.yaml", shown="starter/org.yaml")
    assert refused.value.where == "starter/org.yaml:2:1"
