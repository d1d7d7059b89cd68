"""Tags of the root, OUs, accounts, policies and the delegation policy."""

from __future__ import annotations

from orgkit.cloud.organizations.call import Call, Operation, Reply, refuse_system_tag, wanted_tags
from orgkit.cloud.organizations.errors import ApiError, constraint
from orgkit.cloud.organizations.pages import page
from orgkit.cloud.organizations.state import Organization


def _tags_of(org: Organization, call: Call) -> dict[str, str]:
    resource_id = call.params["ResourceId"]
    owner = org.target(resource_id) or org.policies.get(resource_id)
    if owner is not None:
        return owner.tags
    if org.resource_policy is not None and org.resource_policy["Id"] == resource_id:
        tags: dict[str, str] = org.resource_policy["Tags"]
        return tags
    raise ApiError("TargetNotFoundException", f"There is no resource {resource_id} in the organization.")


def tag_resource(org: Organization, call: Call) -> Reply:
    """Set tags; others stay."""
    tags = _tags_of(org, call)
    wanted = wanted_tags(call)
    if len(tags.keys() | wanted.keys()) > call.limits["tags"]:
        raise constraint("MAX_TAG_LIMIT_EXCEEDED", f"A resource may have {call.limits['tags']} tags.")
    tags.update(wanted)
    call.changed = True
    return {}


def untag_resource(org: Organization, call: Call) -> Reply:
    """Remove tags by their keys; a key that is not there is no error."""
    tags = _tags_of(org, call)
    for key in call.params["TagKeys"]:
        refuse_system_tag(key)
    for key in call.params["TagKeys"]:
        tags.pop(key, None)
    call.changed = True
    return {}


def list_tags_for_resource(org: Organization, call: Call) -> Reply:
    """List the tags of a resource."""
    return page(call, "Tags", _tags_of(org, call).items(), lambda tag: {"Key": tag[0], "Value": tag[1]})


OPERATIONS: dict[str, Operation] = {
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "ListTagsForResource": list_tags_for_resource,
}
