"""Roles in stacks, where ministack is too generous: a role's permissions boundary, and the role of a function.

ministack's AWS::IAM::Role forgets the boundary, and its AWS::Lambda::Function takes any role, even one that is not
there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import iam

from helpers.local_aws.access import Access
from helpers.local_aws.protocol import AwsError

Props = Mapping[str, Any]
Created = tuple[str, dict[str, Any]]
Handlers = dict[str, Any]
ROLE = "AWS::IAM::Role"
FUNCTION = "AWS::Lambda::Function"


def handlers(theirs: Mapping[str, Handlers], access: Access) -> dict[str, Handlers]:
    """Entries of ministack's table, by type; `theirs` are its own."""
    role, function = theirs[ROLE], theirs[FUNCTION]
    return {
        ROLE: role | {"create": _within(role["create"], 1), "update": _within(role["update"], 2)},
        FUNCTION: function
        | {
            "create": _with_a_role(function["create"], 1, access),
            "update": _with_a_role(function["update"], 2, access),
        },
    }


def _within(original: Callable[..., Created], props_at: int) -> Callable[..., Created]:
    def handler(*args: Any, **more: Any) -> Created:
        boundary = args[props_at].get("PermissionsBoundary")
        if boundary and boundary not in iam._policies:
            raise AwsError("NoSuchEntity", f"Scope ARN: {boundary} does not exist or is not attachable.", 404)
        name, attributes = original(*args, **more)
        iam._roles[name]["PermissionsBoundary"] = boundary
        return name, attributes

    return handler


def _with_a_role(original: Callable[..., Created], props_at: int, access: Access) -> Callable[..., Created]:
    def handler(*args: Any, **more: Any) -> Created:
        try:
            access.role(str(args[props_at].get("Role", "")), "lambda.amazonaws.com")
        except AwsError as error:
            message = "The role defined for the function cannot be assumed by Lambda."
            raise AwsError("InvalidParameterValueException", message, 400) from error
        return original(*args, **more)

    return handler
