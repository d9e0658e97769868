"""A private PostgreSQL server on a Unix socket: with a password, killed and started again by its own id."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path

import psycopg

USER = "tunnelwatch"
PASSWORD = "s3cret/p@ss"
START_SECONDS = 30
_UNPRIVILEGED = 65534  # initdb refuses root


class Postgres:
    """A server and its data, in a folder that goes with it."""

    def __init__(self, binaries):
        self._binaries = Path(binaries)
        self._folder = Path(tempfile.mkdtemp(prefix="tunnelwatch-postgres-"))
        self._process = None
        self._numbers = count(1)
        self._as = {"user": _UNPRIVILEGED, "group": _UNPRIVILEGED, "extra_groups": []} if os.getuid() == 0 else {}
        if self._as:
            os.chown(self._folder, _UNPRIVILEGED, _UNPRIVILEGED)
        password = self._folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        command = [self._binaries / "initdb", "-D", self._folder / "data", "-U", USER, f"--pwfile={password}"]
        options = ["--auth=scram-sha-256", "--no-sync", "--encoding=UTF8", "--locale=C"]
        subprocess.run([*command, *options], check=True, capture_output=True, cwd="/", **self._as)

    def start(self):
        """Start the server unless it runs, and wait until it answers."""
        command = [self._binaries / "postgres", "-D", self._folder / "data", "-k", self._folder]
        settings = [
            "-c",
            "listen_addresses=",
            "-c",
            "shared_buffers=16MB",
            "-c",
            "max_connections=30",
            "-c",
            "fsync=off",
        ]
        until = time.monotonic() + START_SECONDS
        while True:
            # It does not start while children of a killed one still end.
            if self._process is None or self._process.poll() is not None:
                with (self._folder / "log").open("a") as log:
                    self._process = subprocess.Popen([*command, *settings], stdout=log, stderr=log, cwd="/", **self._as)
            try:
                return self._connect("postgres").close()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def kill(self):
        """End the server and its children at once, as a crash does: started again, it recovers from its log."""
        pid = self._process.pid
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        self._process.kill()
        self._process.wait(START_SECONDS)
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def close(self):
        """End the server and delete its data."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        shutil.rmtree(self._folder)

    def _connect(self, database):
        return psycopg.connect(host=str(self._folder), user=USER, password=PASSWORD, dbname=database, autocommit=True)

    def new_database(self):
        """Create an empty database, and return its URL."""
        name = f"ledger{next(self._numbers)}"
        with self._connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, database, password="s3cret%2Fp%40ss"):
        """Return the URL of a database."""
        return f"postgresql://{USER}:{password}@/{database}?host={self._folder}"


def binaries():
    """Return the folder of PostgreSQL's programs, or None."""
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    config = shutil.which("pg_config")
    if config:
        asked = subprocess.run([config, "--bindir"], check=True, capture_output=True, text=True).stdout.strip()
        candidates.append(Path(asked))
    return next((folder for folder in reversed(candidates) if (folder / "postgres").exists()), None)
