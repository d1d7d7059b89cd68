"""The verbs: what they do, and what they refuse with which words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from orgkit.design import RCP, RCP_FULL_AWS_ACCESS, SCP, Money, Organization
from orgkit.design.sections import Baseline, Expectation, Logging, Moved
from orgkit.errors import AmbiguousName, DesignError, InputError, UnknownName
from tests.design.organizations import ALLOW, DENY, small, usd


def test_add_puts_an_ou_last_with_its_fields() -> None:
    org = small()
    edit = org.add_ou("Staging", "Workloads", name="Staging (old)", owner="apps", budget="90 USD")
    ou = org.ou("Workloads/Staging")
    assert org.children("ou:Workloads")[-1] == ou.id
    assert (ou.name, ou.owner, ou.budget) == ("Staging (old)", "apps", usd(90))
    assert ou.declared == {"owner", "budget"}
    assert str(edit) == "add OU Workloads/Staging"


def test_adding_declares_the_list_it_adds_to() -> None:
    org = small()
    org.add_ou("Staging", "Workloads/Production")
    assert "ous" in org.ou("Workloads/Production").declared


def test_a_new_ou_on_an_old_path_gets_an_id_of_its_own() -> None:
    org = small()
    org.move("Workloads/Production", "root")
    org.add_ou("Production", "Workloads")
    assert org.find("Workloads/Production") == "ou:Workloads/Production~2"
    assert org.find("Production") == "ou:Workloads/Production"


def test_a_policy_may_be_given_as_document_or_text() -> None:
    org = small()
    org.add_policy("open", ALLOW)
    org.add_policy("same", org.policy("open").content, type=RCP, name="open")
    assert org.policy("same").document == ALLOW
    assert org.policy("same").minified == (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    )


def test_a_rename_keeps_handle_id_and_place() -> None:
    org = small()
    org.rename("Production", "Prod")
    assert org.ou("Workloads/Production").id == "ou:Workloads/Production"
    assert org.path("ou:Workloads/Production") == "Workloads/Production"
    assert org.aws_path("ou:Workloads/Production") == "Workloads/Prod"
    assert org.find("Workloads/Prod") == "ou:Workloads/Production"


def test_moves_and_renames_of_ous_are_recorded_for_the_plan_and_never_taken_back() -> None:
    org = small()
    org.rename("Production", "Prod")
    org.rename("Production", "Production")  # a plan may have been applied in between
    org.move("Production", "root")
    assert org.settings.moved == (
        Moved(old="Workloads/Production", new="Workloads/Prod"),
        Moved(old="Workloads/Prod", new="Workloads/Production"),
        Moved(old="Workloads/Production", new="Production"),
    )


def test_a_renamed_policy_is_recorded_with_its_type() -> None:
    org = small()
    org.add_policy("limits", {"Version": "2012-10-17", "Statement": []})
    org.rename("limits", "Limits of all")
    assert org.settings.moved == (Moved(old="limits", new="Limits of all", policy="SERVICE_CONTROL_POLICY"),)
    org.set("limits", aws_id="p-12345678")
    org.rename("limits", "Limits")
    assert len(org.settings.moved) == 1


def test_siblings_may_exchange_their_names_and_not_have_one_handle() -> None:
    org = small()
    org.add_ou("Sandbox")
    org.rename("Workloads", "between")
    org.rename("Sandbox", "Workloads")
    org.rename("ou:Workloads", "Sandbox")
    assert (org.aws_path("ou:Workloads"), org.aws_path("ou:Sandbox")) == ("Sandbox", "Workloads")
    with pytest.raises(DesignError, match="has an OU with the handle 'Sandbox' already"):
        org.add_ou("Sandbox", name="Another")
    with pytest.raises(DesignError, match="has an OU named 'Sandbox' already"):
        org.rename("ou:Sandbox", "Sandbox")


def test_entries_of_different_ous_stay_apart_and_in_order() -> None:
    org = small()
    org.rename("Production", "Prod")
    org.rename("Workloads", "Apps")
    org.rename("Production", "Live")
    assert org.settings.moved == (
        Moved(old="Workloads/Production", new="Workloads/Prod"),
        Moved(old="Workloads", new="Apps"),
        Moved(old="Apps/Prod", new="Apps/Live"),
    )


def test_a_pinned_ou_above_one_that_is_not_is_recorded() -> None:
    org = small()
    org.set("Workloads", aws_id="ou-abcd-12345678")
    org.rename("Workloads", "Apps")
    assert org.settings.moved == (Moved(old="Workloads", new="Apps"),)


def test_a_pinned_ou_needs_no_record() -> None:
    org = small()
    org.set("Production", aws_id="ou-abcd-12345678")
    org.rename("Production", "Prod")
    org.move("Production", "root")
    assert org.settings.moved == ()


def test_a_new_email_is_recorded_and_an_accounts_move_is_not() -> None:
    org = small()
    org.move("shop", "Workloads/Production")
    assert org.settings.moved == ()
    org.set("shop", email="store@example.com")
    assert org.settings.moved == (Moved(old="shop@example.com", new="store@example.com"),)
    assert org.find("store@example.com") == "account:shop"


def test_names_in_the_settings_follow_a_move() -> None:
    org = small()
    org.add_ou("Apps")
    org.configure(
        baselines={"base": Baseline(name="base", to=("Workloads/Production", "shop", "Apps"))},
        expectations=(Expectation(where="Workloads/Production/shop-prod", actions=("s3:*",), can=True),),
        logging=Logging(account="shop", bucket="logs"),
    )
    org.move("Workloads", "Apps")
    assert org.settings.baselines["base"].to == ("Apps/Workloads/Production", "shop", "Apps")
    assert org.settings.expectations[0].where == "Apps/Workloads/Production/shop-prod"
    org.move("shop-prod", "Apps")
    assert org.settings.expectations[0].where == "Apps/shop-prod"
    org.undo()
    org.undo()
    assert org.settings.baselines["base"].to == ("Workloads/Production", "shop", "Apps")


def test_an_account_of_the_name_of_a_moving_ou_keeps_its_mentions() -> None:
    org = small()
    org.add_ou("shop")
    org.configure(logging=Logging(account="shop", bucket="logs"))
    org.move("ou:shop", "Workloads")
    assert org.settings.logging == Logging(account="shop", bucket="logs")


def test_names_in_the_settings_follow_a_rename() -> None:
    org = small()
    org.rename("Production", "Prod")
    org.rename("shop", "Store")
    org.configure(baselines={"base": Baseline(name="base", to=("Workloads/Prod", "Prod", "Store", "Workloads"))})
    org.rename("Production", "Live")
    org.rename("shop", "Shop")
    to = org.settings.baselines["base"].to
    assert to == ("Workloads/Production", "Workloads/Production", "shop", "Workloads")


def test_removing_an_ou_takes_everything_in_it() -> None:
    org = small()
    org.remove("Workloads")
    assert [account.handle for account in org.accounts()] == ["management"]
    assert org.targets("policy:no-iam") == ()
    assert "no-iam" in {policy.handle for policy in org.policies()}
    org.undo()
    assert org == small()


def test_a_large_ou_is_removed_and_brought_back() -> None:
    org = small()
    for number in range(2000):
        org.add_account(f"a{number}", "Workloads", email=f"a{number}@example.com")
    before = org.copy()
    org.remove("Workloads")
    org.undo()
    assert org == before


def test_removing_a_policy_detaches_it() -> None:
    org = small()
    org.remove("no-iam")
    assert org.attached("ou:Workloads/Production", implied=False) == ()


def test_full_aws_access_can_be_detached_and_attached_again() -> None:
    org = small()
    org.detach("FullAWSAccess", "shop")
    assert org.attached("account:shop") == ()
    org.attach("FullAWSAccess", "shop")
    assert [policy.handle for policy in org.attached("account:shop")] == ["FullAWSAccess"]


def test_rcp_full_aws_access_stays_where_full_aws_access_went() -> None:
    org = small()
    org.configure(policy_types=(SCP, RCP))
    org.detach("FullAWSAccess", "shop")
    assert org.attached("account:shop") == (RCP_FULL_AWS_ACCESS,)


def test_inherited_policies_come_level_by_level() -> None:
    org = small()
    found = org.inherited(org.find("shop-prod"), SCP)
    assert [(node, [policy.handle for policy in policies]) for node, policies in found] == [
        ("root", ["FullAWSAccess"]),
        ("ou:Workloads", ["FullAWSAccess"]),
        ("ou:Workloads/Production", ["FullAWSAccess", "no-iam"]),
        ("account:shop-prod", ["FullAWSAccess"]),
    ]


def test_setting_a_field_declares_it() -> None:
    org = small()
    org.set("shop", monthly_cost="1,250.50 EUR", tags={"Team": "web"})
    assert org.account("shop").monthly_cost == Money.parse("1250.50 EUR")
    assert {"monthly_cost", "tags"} <= org.account("shop").declared


def test_an_entity_cannot_be_changed_behind_the_graph() -> None:
    tags = {"Team": "web"}
    org = small()
    org.set("shop", tags=tags)
    tags["Team"] = "other"
    assert org.account("shop").tags == {"Team": "web"}
    with pytest.raises(TypeError):
        org.account("shop").tags["Team"] = "x"  # type: ignore[index]
    with pytest.raises(Exception, match="Frozen graph"):
        org.graph.add_node("x")


REFUSED: list[tuple[str, Callable[[Organization], object], type[InputError], str]] = [
    (
        "a sixth level of OUs",
        lambda o: [o.add_ou(f"L{n}", f"L{n - 1}" if n else "root") for n in range(6)],
        DesignError,
        "OU L0/L1/L2/L3/L4/L5 would be 6 levels below the root",
    ),
    (
        "a subtree moved too deep",
        lambda o: [*[o.add_ou(f"L{n}", f"L{n - 1}" if n else "root") for n in range(4)], o.move("Workloads", "L3")],
        DesignError,
        "would reach 6 levels",
    ),
    (
        "two OUs of one name in one parent",
        lambda o: o.add_ou("Prod", "Workloads", name="Production"),
        DesignError,
        "Workloads has an OU named 'Production' already",
    ),
    (
        "a rename to a sibling's name",
        lambda o: (o.add_ou("Other"), o.rename("Other", "Workloads")),
        DesignError,
        "root has an OU named 'Workloads' already",
    ),
    (
        "two accounts of one handle",
        lambda o: o.add_account("shop", email="x@example.com"),
        DesignError,
        "there is an account 'shop' already",
    ),
    (
        "two accounts of one email, in another case",
        lambda o: o.add_account("new", email="SHOP@example.com"),
        DesignError,
        "which Workloads/shop has already",
    ),
    (
        "a second management account",
        lambda o: o.add_account("new", email="n@example.com", management=True),
        DesignError,
        "management is the management account already",
    ),
    (
        "an email another account has",
        lambda o: o.set("shop", email="aws@example.com"),
        DesignError,
        "which management has already",
    ),
    (
        "two policies of one name and type",
        lambda o: o.add_policy("again", DENY, name="no-iam"),
        DesignError,
        "are both named 'no-iam'",
    ),
    (
        "a policy renamed to another's name",
        lambda o: (o.add_policy("other", DENY), o.rename("other", "no-iam")),
        DesignError,
        "are both named 'no-iam'",
    ),
    (
        "a policy of an unknown type",
        lambda o: o.add_policy("x", DENY, type="SERVICE_CONTROL"),
        DesignError,
        'did you mean "SERVICE_CONTROL_POLICY"',
    ),
    ("a policy that is not JSON", lambda o: o.add_policy("x", "{"), DesignError, "policy x is not JSON"),
    ("a policy that is a list", lambda o: o.set("no-iam", content="[]"), DesignError, "not a JSON object"),
    (
        "a policy by the name of AWS's own",
        lambda o: o.add_policy("FullAWSAccess", DENY),
        DesignError,
        "there is a policy 'FullAWSAccess' already",
    ),
    ("a handle with a slash", lambda o: o.add_ou("a/b"), DesignError, "'a/b' cannot be the handle of an OU"),
    ("an empty handle", lambda o: o.add_policy("", DENY), DesignError, "'' cannot be the handle of a policy"),
    ("a field that does not exist", lambda o: o.add_ou("x", budgett=usd(1)), DesignError, 'did you mean "budget"'),
    ("a field that cannot be set", lambda o: o.set("shop", name="x"), DesignError, "has no field 'name' to set"),
    (
        "an amount that is a number",
        lambda o: o.set("shop", monthly_cost=5),
        DesignError,
        "monthly_cost is 5, not an amount",
    ),
    ("an amount without a currency", lambda o: o.set("shop", budget="900"), DesignError, "9000 USD"),
    ("tags that are a list", lambda o: o.set("shop", tags=["a"]), DesignError, "not a map of texts"),
    ("a tag with a number", lambda o: o.add_ou("x", tags={"a": 1}), DesignError, "not a map of texts"),
    (
        "something in an account",
        lambda o: o.add_ou("x", "shop"),
        DesignError,
        "Workloads/shop is an account and holds nothing",
    ),
    ("something in a policy", lambda o: o.move("shop", "no-iam"), DesignError, "no-iam is a policy and holds nothing"),
    ("a move to where it is", lambda o: o.move("shop", "Workloads"), DesignError, "is already in Workloads"),
    ("a move under itself", lambda o: o.move("Workloads", "Production"), DesignError, "cannot be moved under itself"),
    ("a move of the root", lambda o: o.move("root", "Workloads"), DesignError, "the root cannot be moved"),
    ("a removal of the root", lambda o: o.remove("root"), DesignError, "the root cannot be removed"),
    ("a rename of the root", lambda o: o.rename("root", "x"), DesignError, "the root cannot be renamed"),
    ("an empty name", lambda o: o.rename("shop", ""), DesignError, "needs a name"),
    (
        "a removal of the management account",
        lambda o: o.remove("management"),
        DesignError,
        "an organization cannot be without it",
    ),
    (
        "a removal of what a baseline names",
        lambda o: (o.configure(baselines={"b": Baseline(name="b", to=("Production",))}), o.remove("Workloads")),
        DesignError,
        r"baselines\.b\.to still names it",
    ),
    (
        "a policy attached twice",
        lambda o: o.attach("no-iam", "Production"),
        DesignError,
        "attached to Workloads/Production already",
    ),
    ("FullAWSAccess attached twice", lambda o: o.attach("FullAWSAccess", "shop"), DesignError, "already"),
    (
        "a policy detached from where it is not",
        lambda o: o.detach("no-iam", "shop"),
        DesignError,
        "Attached there: FullAWSAccess",
    ),
    (
        "FullAWSAccess detached twice",
        lambda o: (o.detach("FullAWSAccess", "shop"), o.detach("FullAWSAccess", "shop")),
        DesignError,
        "is not attached",
    ),
    (
        "RCPFullAWSAccess detached",
        lambda o: o.detach("RCPFullAWSAccess", "shop"),
        DesignError,
        "AWS does not let RCPFullAWSAccess be detached",
    ),
    ("an attachment to a policy", lambda o: o.attach("no-iam", "no-iam"), UnknownName, "no-iam"),
    ("an unknown setting", lambda o: o.configure(feature="ALL"), DesignError, 'did you mean "features"'),
    ("an unknown limit", lambda o: o.configure(limits={"account": 5}), DesignError, 'did you mean "accounts"'),
    ("an undo of nothing", lambda o: o.copy().undo(), DesignError, "nothing to undo"),
    ("a redo of nothing", lambda o: o.redo(), DesignError, "nothing to redo"),
]


@pytest.mark.parametrize(("name", "edit", "error", "message"), REFUSED, ids=[name for name, *_ in REFUSED])
def test_refuses(name: str, edit: Callable[[Organization], object], error: type[InputError], message: str) -> None:
    with pytest.raises(error, match=message):
        edit(small())


FINDS = [
    ("a handle", "shop", "account:shop"),
    ("a path", "Workloads/Production/shop-prod", "account:shop-prod"),
    ("a path with outer slashes", "/Workloads/Production/", "ou:Workloads/Production"),
    ("an OU by its name alone", "Production", "ou:Workloads/Production"),
    ("an email in any case", "Shop@Example.com", "account:shop"),
    ("a node's id", "ou:Workloads", "ou:Workloads"),
    ("the root", "root", "root"),
    ("the root as a slash", "/", "root"),
    ("an AWS id", "111122223333", "account:shop"),
    ("the name in AWS", "Shop (prod)", "account:shop-prod"),
]


@pytest.mark.parametrize(("name", "ref", "node"), FINDS, ids=[name for name, *_ in FINDS])
def test_finds(name: str, ref: str, node: str) -> None:
    org = small()
    org.set("shop", aws_id="111122223333")
    org.rename("shop-prod", "Shop (prod)")
    assert org.find(ref) == node


def test_what_several_things_are_called_is_refused_with_all_of_them() -> None:
    org = small()
    org.add_ou("Other")
    org.add_ou("Production", "Other")
    with pytest.raises(AmbiguousName) as caught:
        org.find("Production")
    assert "OU Other/Production (ou:Other/Production), OU Workloads/Production" in str(caught.value)
    assert org.find("Other/Production") == "ou:Other/Production"


def test_a_handle_wins_over_another_things_name() -> None:
    org = small()
    org.rename("management", "shop")
    assert org.find("shop") == "account:shop"


def test_a_top_level_account_is_found_though_another_has_its_name() -> None:
    org = small()
    org.add_account("alpha", email="alpha@example.com")
    org.rename("management", "alpha")
    assert org.find("alpha", "account") == "account:alpha"


def test_an_unknown_name_says_what_was_near_or_of_another_kind() -> None:
    org = small()
    with pytest.raises(UnknownName, match="there is no account 'shopp'\n  did you mean \"shop\""):
        org.account("shopp")
    with pytest.raises(UnknownName, match="'Workloads' is OU Workloads, not an account"):
        org.account("Workloads")
    with pytest.raises(UnknownName, match="'shop' is account Workloads/shop, not a policy"):
        org.policy("shop")


def test_names_follow_every_edit() -> None:
    org = small()
    org.rename("shop", "Store")
    assert org.find("Store") == "account:shop"
    org.undo()
    with pytest.raises(UnknownName):
        org.find("Store")
    org.remove("shop")
    with pytest.raises(UnknownName):
        org.find("shop@example.com")


def test_changes_since_a_revision_are_those_performed() -> None:
    org = small()
    since = org.revision
    edit = org.rename("shop", "Store")
    org.undo()
    assert org.changes(since) == (*edit.changes, *edit.inverse.changes)
    assert org.history[-1].label.startswith("attach no-iam")


def test_an_organization_shows_its_size_and_is_no_dictionary_key() -> None:
    assert repr(small()) == "Organization(2 OUs, 3 accounts, 1 policies)"
    with pytest.raises(TypeError):
        hash(small())
    assert small() != "organization"
