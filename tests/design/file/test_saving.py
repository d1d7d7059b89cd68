"""Saving: which lines an edit changes, where parts go, and that files change all or none."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orgkit.design import Money, Organization, Root, diff, load, save
from orgkit.design.comparison import difference
from orgkit.design.sections import JsonDocument, Settings
from orgkit.errors import DesignError, FileError
from orgkit.starter import design, write
from tests.design.file.saving import by_hand, starter
from tests.design.organizations import small

Do = Callable[[Organization], Any]

# A sentence, the edit, the lines that go and come in the file by hand.
EDITS: list[tuple[str, Do, str]] = [
    (
        "a value that is taken away takes its line along",
        lambda org: org.set("x1", monthly_cost=None),
        """
-                    monthly_cost: '3 USD'
""",
    ),
    (
        "a value keeps its quotes",
        lambda org: org.set("x1", monthly_cost=Money.parse("4 USD")),
        """
-                    monthly_cost: '3 USD'
+                    monthly_cost: '4 USD'
""",
    ),
    (
        "a value keeps the comment behind it",
        lambda org: org.set("Security", budget=Money.parse("2000 USD")),
        """
-            budget: 1,500.00 USD  # a month
+            budget: 2000 USD  # a month
""",
    ),
    (
        "a new key stands where its like stand",
        lambda org: org.detach("FullAWSAccess", "Security"),
        """
+            full_aws_access: false
""",
    ),
    (
        "a moved block takes its lines and comments along, indented anew",
        lambda org: org.move("x2", "Sand/In2"),
        """
-                x2:
-                    email: x2@example.com
-                    # the end of x2
+                    accounts:
+                        x2:
+                            email: x2@example.com
+                            # the end of x2
""",
    ),
    (
        "a moved OU takes the comments above it along",
        lambda org: org.move("Security", "Sand"),
        """
-        # The security OU
-        # has two lines
-        Security:
-            budget: 1,500.00 USD  # a month
-
-            accounts:
-                x1:
-                    email: x1@example.com
-                    tags:
-                        A: yes
-                        # inside
-                        B: "2"
-                    monthly_cost: '3 USD'
-                x2:
-                    email: x2@example.com
-                    # the end of x2
-                # the end of the accounts
+                # The security OU
+                # has two lines
+                Security:
+                    budget: 1,500.00 USD  # a month
+
+                    accounts:
+                        x1:
+                            email: x1@example.com
+                            tags:
+                                A: yes
+                                # inside
+                                B: "2"
+                            monthly_cost: '3 USD'
+                        x2:
+                            email: x2@example.com
+                            # the end of x2
+                        # the end of the accounts
--   in: Security
+-   in: Sand/Security
-            to: Security
+            to: [Sand/Security]
+moved:
+- {from: Security, to: Sand/Security}
""",
    ),
    (
        "a removed account takes its own comment along",
        lambda org: org.remove("i1"),
        """
-  # the first
-  i1: {email: i1@example.com}
""",
    ),
    (
        "a new account is written as its siblings are, in a block",
        lambda org: org.add_account("x3", "Security", email="x3@example.com", tags={"A": "yes"}),
        """
+                x3:
+                    email: x3@example.com
+                    tags: {A: "yes"}
""",
    ),
    (
        "a new account is written as its siblings are, on one line",
        lambda org: org.add_account("top2", email="top2@example.com"),
        """
+        top2: {email: top2@example.com}
""",
    ),
    (
        "a new account among brackets over several lines gets a line",
        lambda org: org.add_account("m3", "Multi", email="m3@example.com"),
        """
+                m3: {email: m3@example.com},
""",
    ),
    (
        "an empty map opens, and keeps the comment of its line",
        lambda org: org.add_account("in", "Sand/In1", email="in@example.com"),
        """
-                    accounts: {}   # none yet
+                    accounts:   # none yet
+                        in: {email: in@example.com}
""",
    ),
    (
        "a list that loses its last item is written empty: a list that is written is complete",
        lambda org: org.detach("deny", "Work"),
        """
-        Work: {policies: [deny], accounts: {w1: {email: w1@example.com}, w2: {email: w2@example.com}}}
+        Work: {policies: [], accounts: {w1: {email: w1@example.com}, w2: {email: w2@example.com}}}
""",
    ),
    (
        "a new name goes to name:, the handle stays",
        lambda org: org.rename("w1", "a: b"),
        """
-        Work: {policies: [deny], accounts: {w1: {email: w1@example.com}, w2: {email: w2@example.com}}}
+        Work: {policies: [deny], accounts: {w1: {email: w1@example.com, name: "a: b"}, w2: {email: w2@example.com}}}
""",
    ),
    (
        "an item of a list goes with its comment",
        lambda org: org.configure(regions=("us-west-2",)),
        """
-    - us-east-1   # home
""",
    ),
    (
        "an inline policy changes where it differs",
        lambda org: org.set(
            "deny",
            content={
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Deny", "Action": ["iam:*", "s3:Get*"], "Resource": "*"},
                    {"Effect": "Allow", "Action": "*", "Resource": "*"},
                ],
            },
        ),
        """
-              Action: ["iam:*", 's3:*']   # both
+              Action: ["iam:*", 's3:Get*']   # both
""",
    ),
    (
        "FullAWSAccess that is listed is taken off the list",
        lambda org: org.detach("FullAWSAccess", "root"),
        """
-    policies: [tagging, FullAWSAccess]
+    policies: [tagging]
+    full_aws_access: false
""",
    ),
]


def lines_of(text: str) -> list[str]:
    """The lines of a diff that went or came."""
    return [line for line in text.splitlines() if line[:1] in ("+", "-") and not line.startswith(("+++", "--- "))]


@pytest.mark.parametrize(("do", "expected"), [pytest.param(*edit[1:], id=edit[0]) for edit in EDITS])
def test_an_edit_changes_these_lines(do: Do, expected: str, tmp_path: Path) -> None:
    path = by_hand(tmp_path / "design")
    org = load(path)
    do(org)
    found = lines_of(save(org, path))
    wanted = expected.splitlines()
    for sign in "-+":
        assert [line for line in found if line[0] == sign] == [line for line in wanted if line[:1] == sign]


def test_the_diff_is_what_saving_does_and_writes_nothing(tmp_path: Path) -> None:
    path = starter(tmp_path)
    before = path.read_bytes()
    org = load(path)
    org.set("app-a-prod", owner="me")
    told = diff(org, path)
    assert path.read_bytes() == before
    assert save(org, path) == told
    assert diff(org, path) == ""


def test_crlf_and_a_byte_order_mark_stay(tmp_path: Path) -> None:
    path = by_hand(tmp_path / "design", newline="\r\n", bom="\ufeff")
    org = load(path)
    org.add_account("x3", "Security", email="x3@example.com")
    save(org, path)
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf# an")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert data.endswith(b"# the end")


def test_a_policy_of_a_file_changes_the_file(tmp_path: Path) -> None:
    path = starter(tmp_path)
    before = path.read_bytes()
    org = load(path)
    document = org.policy("sandbox-limits").document
    document["Statement"].pop()
    org.set("sandbox-limits", content=document)
    save(org, path)
    assert path.read_bytes() == before
    assert json.loads((tmp_path / "policies" / "sandbox-limits.json").read_text()) == document


def test_a_policy_of_the_same_meaning_leaves_its_file(tmp_path: Path) -> None:
    path = starter(tmp_path)
    file = tmp_path / "policies" / "sandbox-limits.json"
    before = file.read_bytes()
    org = load(path)
    org.set("sandbox-limits", content=json.dumps(org.policy("sandbox-limits").document))
    assert save(org, path) == ""
    assert file.read_bytes() == before


def test_a_new_policy_gets_a_file_and_takes_nobody_elses(tmp_path: Path) -> None:
    path = starter(tmp_path)
    other = tmp_path / "policies" / "deny-all.json"
    other.write_text("mine")
    org = load(path)
    org.add_policy("deny-all", {"Version": "2012-10-17", "Statement": []})
    save(org, path)
    assert other.read_text() == "mine"
    assert load(path).policy("deny-all").file == "policies/deny-all-2.json"
    assert save(org, path) == ""


def test_a_document_of_the_settings_stays_in_its_file(tmp_path: Path) -> None:
    path = starter(tmp_path)
    org = load(path)
    assert org.settings.logging is not None
    changed = JsonDocument(content='{"Version": "2012-10-17", "Statement": []}')
    org.configure(logging=replace(org.settings.logging, bucket_policy=changed))
    text = save(org, path)
    assert "+++ " + str(tmp_path / "policies/log-bucket.json") in text
    assert "+++ " + str(path) not in text


def test_two_documents_cannot_share_a_file(tmp_path: Path) -> None:
    path = starter(tmp_path)
    org = load(path)
    org.add_policy("other", {"Version": "2012-10-17", "Statement": []}, file="policies/sandbox-limits.json")
    with pytest.raises(
        DesignError, match=r"two documents that differ are to stand in the file policies/sandbox-limits"
    ):
        save(org, path)


def test_an_edit_in_an_included_ou_changes_its_file_alone(tmp_path: Path) -> None:
    path = by_hand(tmp_path / "design")
    before = path.read_bytes()
    org = load(path)
    org.set("d1", owner="deep")
    save(org, path)
    assert path.read_bytes() == before
    assert "d1: {email: d1@example.com, owner: deep}" in (path.parent / "ous" / "apart.yaml").read_text()


def test_an_account_moves_between_files(tmp_path: Path) -> None:
    path = by_hand(tmp_path / "design")
    org = load(path)
    org.move("i1", "Security")
    save(org, path)
    assert "                # the first\n                i1: {email: i1@example.com}\n" in path.read_text()
    assert "i1" not in (path.parent / "ous" / "apart.yaml").read_text()


def test_a_new_file_is_written_whole(tmp_path: Path) -> None:
    org = load(design())
    path = tmp_path / "new" / "org.yaml"
    path.parent.mkdir()
    save(org, path)
    assert difference(org, load(path)) is None
    assert path.read_text().startswith("orgkit: 1\n\norganization:\n  management: {")
    assert (path.parent / "policies" / "production-guardrails.json").exists()
    assert save(org, path) == ""


def test_a_new_file_of_an_organization_built_by_hand(tmp_path: Path) -> None:
    org = small()
    save(org, tmp_path / "org.yaml")
    assert (tmp_path / "org.yaml").read_text() == (
        "orgkit: 1\n"
        "\n"
        "organization:\n"
        "  management: {email: aws@example.com}\n"
        "  trusted_access:\n"
        "    - sso.amazonaws.com\n"
        "  policy_types: [SERVICE_CONTROL_POLICY]\n"
        "\n"
        "policies:\n"
        "  no-iam:\n"
        "    type: SERVICE_CONTROL_POLICY\n"
        "    file: policies/no-iam.json\n"
        "\n"
        "root:\n"
        "  ous:\n"
        "    Workloads:\n"
        "      ous:\n"
        "        Production:\n"
        "          policies: [no-iam]\n"
        "          accounts:\n"
        "            shop-prod: {email: shop-prod@example.com, monthly_cost: 250.50 USD}\n"
        "      accounts:\n"
        "        shop: {email: shop@example.com, monthly_cost: 100 USD}\n"
        "  accounts: {}\n"
    )


def test_a_large_new_file_is_split_by_ou(tmp_path: Path) -> None:
    org = Organization()
    for ou in ("One", "Two"):
        org.add_ou(ou)
        for number in range(101):
            org.add_account(f"{ou}-{number}", ou, email=f"{ou}-{number}@example.com")
    save(org, tmp_path / "org.yaml")
    assert (tmp_path / "org.yaml").read_text() == (
        "orgkit: 1\n\nroot:\n  ous:\n    One: {include: ous/One.yaml}\n    Two: {include: ous/Two.yaml}\n"
    )
    assert difference(org, load(tmp_path / "org.yaml")) is None


def test_when_one_file_cannot_be_written_none_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = starter(tmp_path)
    before = {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()}
    org = load(path)
    org.set("app-a-prod", owner="me")
    org.set("sandbox-limits", content={"Version": "2012-10-17", "Statement": []})
    real = Path.replace
    calls: list[Path] = []

    def fail_the_second_time(self: Path, target: Any) -> Path:
        calls.append(self)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", fail_the_second_time)
    with pytest.raises(FileError, match=r"nothing was saved: .* cannot be written: No space left on device"):
        save(org, path)
    assert {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()} == before


def test_a_file_that_is_broken_meanwhile_is_not_touched(tmp_path: Path) -> None:
    path = starter(tmp_path)
    org = load(path)
    org.set("app-a-prod", owner="me")
    path.write_text("orgkit: [\n")
    with pytest.raises(FileError, match="not YAML"):
        save(org, path)
    assert path.read_text() == "orgkit: [\n"


def test_what_the_file_cannot_say_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    org = Organization()
    org.add_account("a", email="not an address")
    with pytest.raises(FileError, match=r"cannot be written so that it reads the same: a\.email should be an email"):
        save(org, tmp_path / "org.yaml")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_a_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = starter(tmp_path)
    path.chmod(0o640)
    org = load(path)
    org.set("app-a-prod", owner="me")
    save(org, path)
    assert path.stat().st_mode & 0o777 == 0o640


def test_pinned_ids_are_written_with_their_zeros(tmp_path: Path) -> None:
    org = Organization(Root(aws_id="r-ab12"), Settings(organization_id="o-a1b2c3d4e5"))
    org.add_account("a", email="a@example.com", aws_id="012345678901")
    save(org, tmp_path / "org.yaml")
    assert (tmp_path / "org.yaml").read_text() == (
        "orgkit: 1\n\norganization:\n  id: o-a1b2c3d4e5\n\nroot:\n  id: r-ab12\n  accounts:\n"
        '    a: {email: a@example.com, id: "012345678901"}\n'
    )


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(tmp_path: Path):
    write(tmp_path / "mine")
    file = tmp_path / "mine" / "org.yaml"
    org = load(file)
    theirs = file.read_text("utf-8").replace("budget: 1500 USD", "budget: 1700 USD")
    file.write_text(theirs, "utf-8")
    org.set("app-a-prod", owner="somebody-else")
    with pytest.raises(FileError, match="changed by somebody else since it was read; nothing was saved"):
        save(org, file)
    assert file.read_text("utf-8") == theirs


def test_one_may_save_again_and_again(tmp_path: Path):
    write(tmp_path / "mine")
    file = tmp_path / "mine" / "org.yaml"
    org = load(file)
    for owner in ("one", "two"):
        org.set("app-a-prod", owner=owner)
        save(org, file)
    assert load(file).account("app-a-prod").owner == "two"
