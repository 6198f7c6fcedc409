"""An S3 object that is overwritten is whole after kill -9: the old one or the new one.

ministack keeps an object as two files, its bytes and what is known of them (size, ETag, metadata), written one after
the other. While an object is overwritten its old bytes stay under a second name, and its old metadata in the journal;
what is found there at a start was not finished, so nobody was told of it, and the old object is put back.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any

from helpers.local_aws.journal import Journal

KIND = "s3-overwritten"  # of documents: an object's file, and its metadata as they were
DIRECTORY = "s3-before"  # in the state directory: its bytes as they were
META = ".meta.json"  # what ministack adds for the second file


def settle(journal: Journal, directory: Path) -> None:
    """Put back what was being overwritten; to be called before ministack reads its objects."""
    for name, data in journal.load(KIND).items():
        path, meta = json.loads(data)
        Path(path + META).write_text(meta, encoding="utf-8")
        if (directory / name).exists():  # else a start before this one has put it back, and was killed
            (directory / name).replace(path)
        journal.remove(KIND, name)
    shutil.rmtree(directory, ignore_errors=True)  # bytes no document tells of: their objects were not touched yet


def keep_whole(s3: Any, journal: Journal, directory: Path) -> None:
    """Let ministack's S3 (the module) overwrite objects in a way that ``settle`` can undo."""
    theirs = s3._persist_object

    def persist(bucket: str, key: str, obj: Any) -> None:
        path = s3._object_disk_path(bucket, key)
        same_bytes = isinstance(obj, dict) and obj.get("body") is None
        if path is None or same_bytes or not Path(path).is_file() or not Path(path + META).is_file():
            theirs(bucket, key, obj)
            return
        name = uuid.uuid4().hex
        directory.mkdir(mode=0o700, exist_ok=True)
        try:
            os.link(path, directory / name)
        except OSError:  # a file system without second names
            shutil.copyfile(path, directory / name)
        journal.save(KIND, name, json.dumps([path, Path(path + META).read_text(encoding="utf-8")]).encode())
        theirs(bucket, key, obj)
        journal.remove(KIND, name)
        (directory / name).unlink()

    s3._persist_object = persist
