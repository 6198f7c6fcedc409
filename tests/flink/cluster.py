"""One Flink mini cluster for many jobs: JobManager and TaskManager in one Java process, reached as any cluster is."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyflink.datastream import StreamExecutionEnvironment
from pyflink.java_gateway import get_gateway

ROOT = Path(__file__).resolve().parents[2]
CLIENT = {
    "python.executable": sys.executable,
    "python.client.executable": sys.executable,
    "python.fn-execution.bundle.time": "100",
}


@contextmanager
def mini_cluster(slots: int = 2) -> Iterator[Any]:
    """Start a cluster; gives its address."""
    # The Python workers that Flink starts inherit these: our package is where this checkout is.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    # Most of the work is done once: translating it well into machine code costs more than it brings.
    os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    jvm = get_gateway().jvm
    given = {
        "rest.address": "127.0.0.1",
        "rest.bind-address": "127.0.0.1",
        "rest.bind-port": "0",
        "taskmanager.memory.managed.size": "512m",
        "taskmanager.memory.network.min": "256m",
        "taskmanager.memory.network.max": "256m",
    }
    java = jvm.org.apache.flink.configuration.Configuration()
    for name, value in given.items():
        java.setString(name, value)
    builder = jvm.org.apache.flink.runtime.minicluster.MiniClusterConfiguration.Builder()
    built = builder.setConfiguration(java).setNumTaskManagers(1).setNumSlotsPerTaskManager(slots).build()
    cluster = jvm.org.apache.flink.runtime.minicluster.MiniCluster(built)
    cluster.start()
    try:
        yield cluster.getRestAddress().get()
    finally:
        cluster.close()


def environment(address: Any, parallelism: int = 1, **settings: str) -> StreamExecutionEnvironment:
    """An environment whose jobs run on the cluster at this address."""
    gateway = get_gateway()
    client = gateway.jvm.org.apache.flink.configuration.Configuration()
    for name, value in {**CLIENT, **settings}.items():
        client.setString(name, value)
    jars = gateway.new_array(gateway.jvm.java.lang.String, 0)
    remote = gateway.jvm.org.apache.flink.streaming.api.environment.StreamExecutionEnvironment.createRemoteEnvironment
    made = StreamExecutionEnvironment(remote(address.getHost(), address.getPort(), client, jars))
    made.set_parallelism(parallelism)
    return made
