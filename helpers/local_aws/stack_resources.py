"""Resource types of stacks that ministack lacks: users of user pools, their groups, and Athena's named queries.

Each is made by ministack's own operation of the service. A change makes a new one, whatever is changed, as on AWS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import athena, cognito

Props = dict[str, Any]
Created = tuple[str, dict[str, Any]]
GONE = frozenset({"ResourceNotFoundException", "UserNotFoundException"})


class ResourceError(Exception):
    """A resource cannot be made, changed or deleted; the text becomes the stack event's reason."""


def handlers() -> dict[str, dict[str, Any]]:
    """Entries of ministack's table, by type."""
    return {
        "AWS::Cognito::UserPoolUser": _table(_create_user, _delete_user),
        "AWS::Cognito::UserPoolUserToGroupAttachment": _table(_add_to_group, _remove_from_group),
        "AWS::Athena::NamedQuery": _table(_create_query, _delete_query),
    }


def _table(create: Callable[[str, Props, str], Created], delete: Callable[[str, Props], None]) -> dict[str, Any]:
    def update(physical_id: str, old: Props, new: Props, stack_name: str, logical_id: str | None = None) -> Created:
        return create(logical_id or physical_id, new, stack_name)  # CloudFormation deletes the old one afterwards

    return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}


def _create_user(logical_id: str, props: Props, stack_name: str) -> Created:
    """Ref is the user's name."""
    if not props.get("Username"):
        raise ResourceError("Username is required: a user pool's user is not named by CloudFormation here")
    data = props | {"ForceAliasCreation": str(props.get("ForceAliasCreation", "false")).lower() == "true"}
    user = _call("CognitoIdentityProvider", cognito._admin_create_user, data)["User"]
    return user["Username"], {}


def _delete_user(physical_id: str, props: Props) -> None:
    _delete(
        "CognitoIdentityProvider",
        cognito._admin_delete_user,
        {"UserPoolId": props["UserPoolId"], "Username": physical_id},
    )


def _add_to_group(logical_id: str, props: Props, stack_name: str) -> Created:
    _call("CognitoIdentityProvider", cognito._admin_add_user_to_group, props)
    return f"{props['UserPoolId']}|{props['GroupName']}|{props['Username']}", {}


def _remove_from_group(physical_id: str, props: Props) -> None:
    _delete("CognitoIdentityProvider", cognito._admin_remove_user_from_group, props)


def _create_query(logical_id: str, props: Props, stack_name: str) -> Created:
    """Ref and NamedQueryId are the query's id."""
    for name in ("Database", "QueryString"):
        if not props.get(name):
            raise ResourceError(f"#: required key [{name}] not found")
    data = {"Name": f"{stack_name}-{logical_id}", "WorkGroup": "primary", **props}
    identity = _call("Athena", athena._create_named_query, data)["NamedQueryId"]
    return identity, {"NamedQueryId": identity}


def _delete_query(physical_id: str, props: Props) -> None:
    _delete("Athena", athena._delete_named_query, {"NamedQueryId": physical_id})


def _call(service: str, operation: Callable[[Props], tuple[int, Mapping[str, str], Any]], data: Props) -> Props:
    status, _, body = operation(data)
    answer: Props = json.loads(body or b"{}")
    if status >= 400:
        code = str(answer.get("__type", "")).rpartition("#")[2]
        raise ResourceError(f"{answer.get('message', '')} (Service: {service}, Status Code: {status}, Code: {code})")
    return answer


def _delete(service: str, operation: Callable[[Props], tuple[int, Mapping[str, str], Any]], data: Props) -> None:
    """What is gone already is no error."""
    try:
        _call(service, operation, data)
    except ResourceError as error:
        if not any(f"Code: {code})" in str(error) for code in GONE):
            raise
