"""A CloudFormation custom resource: the Cognito user who signs in to the Kinesis Data Generator page.

CloudFormation's own AWS::Cognito::UserPoolUser cannot set a password, so this function does. The event holds
the password: it is never printed, and no reason sent back to CloudFormation repeats it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
"""

import json
import time
import urllib.error
import urllib.request
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

QUICK = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
ATTEMPTS = 3
TIMEOUT = 10  # seconds, for each attempt to answer CloudFormation


def handler(event: dict[str, Any], context: object) -> None:
    """Create, update or delete the user, and always answer CloudFormation, which else waits an hour."""
    reply = answer(event, boto3.client("cognito-idp", config=QUICK))
    print(f"{event['RequestType']} {event['LogicalResourceId']}: {reply['Status']}")  # noqa: T201
    send(event["ResponseURL"], reply)


def answer(event: dict[str, Any], cognito: Any) -> dict[str, Any]:
    """Return the response document for one request."""
    properties = event.get("ResourceProperties", {})
    name = f"{properties.get('UserPoolId', '')}/{properties.get('Username', '')}"
    reply = {key: event.get(key, "") for key in ("StackId", "RequestId", "LogicalResourceId")}
    # A changed pool or user name gives another physical id: CloudFormation then deletes the old user itself.
    reply |= {"PhysicalResourceId": name, "Status": "SUCCESS"}
    if event["RequestType"] == "Delete":
        reply["PhysicalResourceId"] = name = event["PhysicalResourceId"]
    try:
        if event["RequestType"] == "Delete":
            delete_user(cognito, *name.split("/", 1))
        else:
            put_user(cognito, properties["UserPoolId"], properties["Username"], properties["Password"])
    except Exception as error:  # whatever it is, CloudFormation must hear of it
        reply |= {"Status": "FAILED", "Reason": reason(error, properties.get("Password", ""))}
    return reply


def put_user(cognito: Any, pool: str, user: str, password: str) -> None:
    """Make sure the user exists, is confirmed, and has this password."""
    try:
        cognito.admin_create_user(UserPoolId=pool, Username=user, MessageAction="SUPPRESS")
    except cognito.exceptions.UsernameExistsException:
        print("the user is already there")  # noqa: T201 - Lambda's log is its stdout
    cognito.admin_set_user_password(UserPoolId=pool, Username=user, Password=password, Permanent=True)


def delete_user(cognito: Any, pool: str, user: str = "") -> None:
    """Delete the user; one that is gone, or was never made, counts as deleted."""
    if not user:
        return
    try:
        cognito.admin_delete_user(UserPoolId=pool, Username=user)
    except (cognito.exceptions.UserNotFoundException, cognito.exceptions.ResourceNotFoundException):
        print("the user was not there")  # noqa: T201 - Lambda's log is its stdout


def reason(error: Exception, password: str) -> str:
    """Say what went wrong; only AWS's own messages are repeated, and those without the password."""
    if isinstance(error, ClientError | BotoCoreError):
        text = f"{type(error).__name__}: {error}"
    elif isinstance(error, KeyError):
        text = f"the resource lacks the property {error}"
    else:
        text = type(error).__name__
    return text.replace(password, "****") if password else text


def send(url: str, reply: dict[str, Any]) -> None:
    """PUT the response to CloudFormation's presigned address, trying again on a broken connection."""
    body = json.dumps(reply).encode()
    # An empty content type: the presigned address is signed without one.
    request = urllib.request.Request(url, body, {"Content-Type": ""}, method="PUT")  # noqa: S310 - CloudFormation's
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310 - CloudFormation's own address
                return
        except (urllib.error.URLError, TimeoutError) as error:
            print(f"CloudFormation did not take the answer: {error}")  # noqa: T201
            if attempt == ATTEMPTS:
                raise
            time.sleep(attempt)
