"""Objects that were being overwritten when the process was killed."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from helpers.local_aws.journal import Journal
from helpers.local_aws.objects import DIRECTORY, META, keep_whole, settle
from helpers.workshop import Workshop


class Killed(BaseException):
    """The process ends here: nobody catches it."""


class Files:
    """The part of ministack's S3 that writes objects; killed once so many files are written."""

    def __init__(self, root: Path) -> None:
        self.root, self.left = root, 99
        self.module = SimpleNamespace(_object_disk_path=self.path, _persist_object=self.persist)
        self.journal = Journal()
        keep_whole(self.module, self.journal, root / DIRECTORY)

    def path(self, bucket: str, key: str) -> str:
        return str(self.root / key)

    def persist(self, bucket: str, key: str, obj: dict[str, Any]) -> None:
        if obj["body"] is not None:
            self.write(self.path(bucket, key), obj["body"])
        self.write(self.path(bucket, key) + META, obj["meta"])

    def write(self, path: str, text: str) -> None:
        if not self.left:
            raise Killed
        self.left -= 1
        Path(path + ".tmp").write_text(text)
        Path(path + ".tmp").replace(path)

    def put(self, body: str | None, meta: str) -> None:
        self.module._persist_object("bucket", "key", {"body": body, "meta": meta})

    def seen(self) -> tuple[str, str]:
        return (self.root / "key").read_text(), (self.root / f"key{META}").read_text()


@pytest.mark.parametrize("written", [0, 1])
def test_the_old_object_is_whole_again(tmp_path: Path, written: int) -> None:
    files = Files(tmp_path)
    files.put("old body", "of the old")
    files.left = written
    with pytest.raises(Killed):
        files.put("new", "of the new")
    settle(files.journal, tmp_path / DIRECTORY)
    assert files.seen() == ("old body", "of the old")
    settle(files.journal, tmp_path / DIRECTORY)  # nothing is left to do
    assert files.seen() == ("old body", "of the old")
    assert not (tmp_path / DIRECTORY).exists()


def test_what_was_written_whole_stays(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.put("old body", "of the old")
    files.put("new", "of the new")
    assert list((tmp_path / DIRECTORY).iterdir()) == []
    files.put(None, "of the new, with tags")
    settle(files.journal, tmp_path / DIRECTORY)
    assert files.seen() == ("new", "of the new, with tags")


def test_the_local_aws_writes_its_objects_so(workshop: Workshop) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="overwritten")
    kept = workshop.home / DIRECTORY
    s3.put_object(Bucket="overwritten", Key="key", Body=b"old")
    s3.put_object(Bucket="overwritten", Key="key", Body=b"new", Metadata={"a": "1"})
    answer = s3.get_object(Bucket="overwritten", Key="key")
    assert (answer["Body"].read(), answer["Metadata"]) == (b"new", {"a": "1"})
    assert list(kept.iterdir()) == []
