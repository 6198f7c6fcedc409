"""A Flink cluster for one application: a JobManager and a TaskManager, processes of their own on loopback.

Flink comes from its own virtual environment (`make flink`). Whoever reaches a cluster's ports can run code in it, and
Flink's ports know no users: so all of them speak TLS, and take only who shows the certificate that lies, made afresh
for each cluster, in its folder.

Source: Flink documentation, "Standalone", "SSL Setup", "REST API", "Memory Configuration".
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from helpers.streaming_sql.flink.environment import last_words

READY, SUBMITTED, SAVED, ANSWER = 120.0, 180.0, 120.0, 10.0  # seconds until a cluster is up, a job submitted, …
LOOK: Final = 0.25  # seconds
QUICK: Final = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # to start: most of the work is done in Python
# Runs a command until it ends, or until whoever started this is gone, however that ended: its end of the pipe closes.
GUARD: Final = """
import os, signal, subprocess, sys, threading
def watch():
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)
command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
threading.Thread(target=watch, daemon=True).start()
sys.exit(command.wait())
"""
MEMORY: Final = {
    "jobmanager.memory.process.size": "900m",
    "taskmanager.memory.process.size": "1400m",
    "taskmanager.memory.managed.size": "256m",
    "taskmanager.memory.network.min": "128m",
    "taskmanager.memory.network.max": "128m",
}


class FlinkError(Exception):
    """A cluster or a job is not as it should be; the text says what Flink said."""


class Cluster:
    """A cluster whose files lie in a folder: conf, logs, checkpoints.

    `slots` is how many parts of a job run at once, `variables` what its processes, and so the job's Python, have in
    their environment.
    """

    def __init__(self, folder: Path, venv: Path, slots: int = 1, variables: Mapping[str, str] | None = None) -> None:
        self.folder, self._venv, self._slots = folder, venv, slots
        (found,) = venv.glob("lib/python3*/site-packages/pyflink")
        self._home = found
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._guard = threading.RLock()  # whoever watches must start nothing behind whoever ends it all
        self.variables = dict(variables or {})
        self.port = 0
        self._tls: ssl.SSLContext | None = None

    # The processes

    def start(self, settings: Mapping[str, str] | None = None, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Start both processes and wait until their slots are there; FlinkError, with nothing left, where they fail."""
        for name in ("conf", "log", "checkpoints", "savepoints", "tmp"):
            (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        password, self.port, rpc = _certificate(self.folder / "conf"), _free_port(), _free_port()
        self._tls = ssl.create_default_context(cafile=str(self.folder / "conf" / "certificate.pem"))
        self._tls.load_cert_chain(self.folder / "conf" / "key.pem")
        store, trusted = (str(self.folder / "conf" / name) for name in ("store.p12", "trusted.p12"))
        conf = {
            "jobmanager.rpc.address": "127.0.0.1",
            "jobmanager.rpc.port": str(rpc),
            "jobmanager.bind-host": "127.0.0.1",
            "taskmanager.bind-host": "127.0.0.1",
            "taskmanager.host": "127.0.0.1",
            "taskmanager.numberOfTaskSlots": str(self._slots),
            "rest.address": "127.0.0.1",
            "rest.bind-address": "127.0.0.1",
            "rest.port": str(self.port),
            "web.submit.enable": "false",
            "web.tmpdir": str(self.folder / "tmp"),
            "io.tmp.dirs": str(self.folder / "tmp"),
            "execution.checkpointing.dir": (self.folder / "checkpoints").as_uri(),
            "execution.checkpointing.savepoint-dir": (self.folder / "savepoints").as_uri(),
            "python.executable": str(self._python),
            "python.client.executable": str(self._python),
            "python.fn-execution.bundle.time": "200",  # ms: how long the first of a bundle's rows waits
            "cluster.evenly-spread-out-slots": "true",
            **{f"security.ssl.{part}.enabled": "true" for part in ("internal", "rest")},
            "security.ssl.rest.authentication-enabled": "true",
            **{
                f"security.ssl.{part}.{name}": value
                for part in ("internal", "rest")
                for name, value in {
                    "keystore": store, "keystore-password": password, "key-password": password,
                    "truststore": trusted, "truststore-password": password,
                }.items()
            },
            "env.java.opts.all": f"{self._java_options()} {QUICK}",
            **MEMORY,
            **(settings or {}),
        }  # fmt: skip
        _write(self.folder / "conf" / "config.yaml", "".join(f"{key}: {json.dumps(conf[key])}\n" for key in conf))
        for name in ("log4j-console.properties", "log4j-cli.properties", "log4j.properties"):
            shutil.copy(self._home / "conf" / name, self.folder / "conf" / name)
        try:
            self._begin("jobmanager")
            self._begin("taskmanager")
            self._wait(self._has_slots, READY, "the cluster did not come up", cancelled)
        except BaseException:
            self.kill()
            raise

    def mend(self) -> bool:
        """Start another TaskManager where the one there was is gone; the job goes on from its last checkpoint.

        False where the JobManager is gone, and the job with it.
        """
        with self._guard:
            process = self._processes.get("taskmanager")
            if process is not None and process.poll() is not None:
                self.kill("taskmanager")  # its Python workers, which outlive it
                self._begin("taskmanager")
            manager = self._processes.get("jobmanager")
            return manager is not None and manager.poll() is None

    def kill(self, name: str | None = None) -> None:
        """Kill one of the processes ("jobmanager", "taskmanager") or all, with the Python workers they have."""
        with self._guard:
            for each in [name] if name else list(self._processes):
                process = self._processes.pop(each)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.communicate()  # and close the pipe

    def pid(self, name: str) -> int:
        """The number of the group that the process and its Python workers are in."""
        return self._processes[name].pid

    # Jobs

    def submit(self, program: Path, arguments: list[str], savepoint: str | None = None, lenient: bool = False) -> str:
        """Run a Python program that submits a job, as Flink's own command does; gives the job's id.

        It goes on from a savepoint where one is given; `lenient` leaves out state that has no place in it any more.
        Raises FlinkError with the program's last words.
        """
        restore = ["--fromSavepoint", savepoint, *(["--allowNonRestoredState"] if lenient else [])] if savepoint else []
        command = [str(self._home / "bin" / "flink"), "run", "--detached", *restore, *arguments]
        try:
            done = subprocess.run(  # noqa: S603
                command, cwd=program.parent, env=self._environment(), capture_output=True, text=True,
                timeout=SUBMITTED, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise FlinkError(f"the program did not submit a job within {SUBMITTED:.0f} s") from error
        (self.folder / "log" / "submit.log").write_text(done.stdout + done.stderr, encoding="utf-8")
        found = re.search(r"JobID ([0-9a-f]{32})", done.stdout)
        if done.returncode or found is None:
            raise FlinkError(last_words(done.stdout + done.stderr) or f"flink run ended with {done.returncode}")
        return found[1]

    def wait_until_running(self, job: str, cancelled: Callable[[], bool] = lambda: False) -> None:
        """Wait until all of a job's parts run; FlinkError where it ends before."""

        def running() -> bool:
            seen = self.ask("GET", f"/jobs/{job}")
            if seen["state"] in ("FAILED", "CANCELED", "FINISHED"):
                raise FlinkError(f"the job is {seen['state']}: {self.failure(job)}")
            return all(vertex["status"] == "RUNNING" for vertex in seen["vertices"])

        self._wait(running, READY, "the job did not come to run", cancelled)

    def failure(self, job: str) -> str:
        """What the newest failure of a job said, "" for none."""
        entries = self.ask("GET", f"/jobs/{job}/exceptions")["exceptionHistory"]["entries"]
        lines = entries[0]["stacktrace"].splitlines() if entries else []
        told = [line for line in lines if re.match(r"(Caused by: )?[\w.]*(Error|Exception): ", line)]
        return (told[-1] if told else next(iter(lines), "")).removeprefix("Caused by: ")

    def savepoint(self, job: str, folder: Path, stop: bool = False) -> str:
        """Write a job's state into a folder, and stop the job behind it if wanted; where it lies."""
        what = {"targetDirectory": folder.as_uri()} if stop else {"target-directory": folder.as_uri()}
        asked = self.ask("POST", f"/jobs/{job}/{'stop' if stop else 'savepoints'}", what)
        told: dict[str, Any] = {}

        def done() -> bool:
            told.update(self.ask("GET", f"/jobs/{job}/savepoints/{asked['request-id']}"))
            return bool(told["status"]["id"] == "COMPLETED")

        self._wait(done, SAVED, "the savepoint was not written")
        if "location" not in told["operation"]:
            cause = told["operation"]["failure-cause"]["stack-trace"]
            raise FlinkError(f"the savepoint failed: {cause.splitlines()[0]}")
        location: str = told["operation"]["location"]
        return location

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """A request to Flink's REST API; FlinkError for a refusal."""
        data = None if body is None else json.dumps(body).encode()
        url, headers = f"https://127.0.0.1:{self.port}{path}", {"Content-Type": "application/json"}
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=ANSWER, context=self._tls) as answer:  # noqa: S310
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise FlinkError(f"{method} {path}: {error.code} {error.read().decode(errors='replace')[:500]}") from error

    def _java_options(self) -> str:
        """What Flink needs opened of Java, as it stands in the configuration that it comes with."""
        given = (self._home / "conf" / "config.yaml").read_text(encoding="utf-8")
        found = re.search(r"^ +all: (--add-.*)$", given, re.MULTILINE)
        if found is None:
            raise FlinkError(f"{self._home}/conf/config.yaml has no env.java.opts.all: run `make flink` again")
        return found[1]

    @property
    def _python(self) -> Path:
        return self._venv / "bin" / "python"

    def _environment(self) -> dict[str, str]:
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "JAVA_HOME", "TMPDIR") if key in os.environ}
        # Flink's scripts look for python on the path.
        kept["PATH"] = os.pathsep.join([str(self._venv / "bin"), kept.get("PATH", os.defpath)])
        own = {
            "FLINK_HOME": str(self._home),
            "FLINK_CONF_DIR": str(self.folder / "conf"),
            "FLINK_LOG_DIR": str(self.folder / "log"),
            "_FLINK_HOME_DETERMINED": "true",
        }
        return kept | own | self.variables

    def _begin(self, name: str) -> None:
        script = str(self._home / "bin" / f"{name}.sh")
        command = [sys.executable, "-I", "-c", GUARD, script, "start-foreground"]
        with (self.folder / "log" / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(  # noqa: S603
                command, cwd=self.folder, env=self._environment(), stdin=subprocess.PIPE, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def _has_slots(self) -> bool:
        for name, process in self._processes.items():
            if process.poll() is not None:
                lines = (self.folder / "log" / f"{name}.log").read_text(errors="replace").splitlines()
                raise FlinkError(f"the {name} ended with {process.returncode}: {' '.join(lines[-3:])}")
        try:
            overview = self.ask("GET", "/overview")
        except OSError:
            return False
        return bool(overview["slots-total"] >= self._slots)

    def _wait(
        self, ready: Callable[[], bool], seconds: float, else_say: str, cancelled: Callable[[], bool] = lambda: False
    ) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            if cancelled():
                raise FlinkError("it was stopped before")
            if time.monotonic() > deadline:
                raise FlinkError(f"{else_say} within {seconds:.0f} s; its log is in {self.folder / 'log'}")
            time.sleep(LOOK)


def _certificate(folder: Path) -> str:
    """Write a certificate for loopback with its key, as Java and as Python read them; the password of the former."""
    import ipaddress
    import secrets

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import pkcs12
    from cryptography.x509.oid import NameOID

    password, key = secrets.token_urlsafe(24), rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Flink of the workshop")])
    now = datetime.now(UTC)
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    builder = builder.not_valid_after(now + timedelta(days=30)).add_extension(loopback, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    # Java takes a PKCS 12 store for a truststore too where its certificate is marked as trusted.
    store = pkcs12.serialize_java_truststore(
        [pkcs12.PKCS12Certificate(certificate, b"trusted")], serialization.BestAvailableEncryption(password.encode())
    )
    keys = pkcs12.serialize_key_and_certificates(
        b"flink", key, certificate, None, serialization.BestAvailableEncryption(password.encode())
    )
    _write(folder / "certificate.pem", pem)
    _write(folder / "key.pem", private + pem)
    _write(folder / "trusted.p12", store)
    _write(folder / "store.p12", keys)
    return password


def _write(path: Path, data: bytes | str) -> None:
    """A file that only we may read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
