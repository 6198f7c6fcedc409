"""Nothing of the user's own AWS set-up leads a local workshop to a real account."""

import os
from pathlib import Path

import pytest

from helpers import environment

OWN = {
    "AWS_PROFILE": "work",
    "AWS_SESSION_TOKEN": "token",
    "AWS_ENDPOINT_URL_S3": "https://elsewhere.example",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_ACCESS_KEY_ID": "AKIAOWN",
    "NO_PROXY": "intranet.example",
}


def test_borrowing_hides_and_giving_back_restores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in OWN.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)

    environment.borrow_for_local(tmp_path, "http://127.0.0.1:1", "123456789012", "key", "eu-west-1")
    environment.borrow_for_local(tmp_path, "http://127.0.0.1:2", "123456789012", "key", "eu-west-1")

    assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:2"
    assert os.environ["AWS_ACCESS_KEY_ID"] == "123456789012"
    assert os.environ["AWS_DEFAULT_REGION"] == os.environ["AWS_REGION"] == "eu-west-1"
    assert os.environ["NO_PROXY"] == "intranet.example,127.0.0.1,localhost"
    hidden = {
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL_S3",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    }
    assert not hidden & set(os.environ)

    environment.give_back()
    assert dict(os.environ) == before
