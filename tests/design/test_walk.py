"""The tree as one list: after any few edits at once it is the tree walked anew."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from orgkit.design import Organization
from orgkit.errors import InputError

OUS = [f"ou-{number}" for number in range(6)]
ACCOUNTS = [f"account-{number}" for number in range(6)]
EDITS = st.one_of(
    st.tuples(st.just("move"), st.sampled_from(OUS + ACCOUNTS), st.sampled_from(["root", *OUS])),
    st.tuples(st.just("remove"), st.sampled_from(OUS + ACCOUNTS)),
    st.tuples(st.just("rename"), st.sampled_from(["root", *OUS, *ACCOUNTS]), st.sampled_from("xyz")),
    st.tuples(st.just("add_ou"), st.sampled_from("xyz"), st.sampled_from(["root", *OUS])),
    st.tuples(st.sampled_from(["undo", "redo"])),
)


def nested() -> Organization:
    org = Organization()
    for number, ou in enumerate(OUS):
        org.add_ou(ou, OUS[number // 2] if number > 1 else "root")
    for number, account in enumerate(ACCOUNTS):
        org.add_account(account, OUS[number % 4], email=f"{account}@example.com")
    return org


@settings(max_examples=300)
@given(st.lists(st.lists(EDITS, min_size=1, max_size=6), max_size=4))
def test_the_list_follows_several_edits_at_once(batches: list[list[tuple[str, ...]]]) -> None:
    org = nested()
    for batch in batches:
        org.tree()
        for verb, *arguments in batch:
            with suppress(InputError):
                getattr(org, verb)(*arguments)
        assert list(org.tree()) == org._walk.below("root")
