"""musterd and muster as programs that run, for the tests here. They come from the environment: MUSTERD and MUSTER."""

import http.client
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

MUSTERD = os.environ["MUSTERD"]
MUSTER = os.environ["MUSTER"]
HANGS_AFTER_S = 120  # a wait this long is a failure; no test depends on how long things take
POLL_S = 0.1


def wait_for(what: str, condition):
    """The first result of `condition` that is true."""
    deadline = time.monotonic() + HANGS_AFTER_S
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(POLL_S)
    raise AssertionError(f"still waiting: {what}")


def http_get(address: str, path: str) -> tuple[int, str, str]:
    """Status, body and content type."""
    connection = http.client.HTTPConnection(address, timeout=HANGS_AFTER_S)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode(), response.headers["Content-Type"]
    finally:
        connection.close()


class Server:
    """A running musterd on free ports."""

    def __init__(self, *args: str):
        self.log: list[dict] = []
        self.output = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [MUSTERD, "--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--log-format", "json",
             "--shutdown-grace", "2s", *args],
            stdout=self.output, stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read_log)
        self.reader.start()

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(json.loads(line))

    def messages(self) -> str:
        return "\n".join(entry["message"] for entry in self.log)

    def _addresses(self):
        if self.process.poll() is not None:
            self.reader.join()
            raise AssertionError(f"musterd ended:\n{self.messages()}")
        return re.search(r"gRPC on (\S+), HTTP on http://(\S+): this machine only", self.messages())

    def wait_until_ready(self) -> "Server":
        self.grpc, self.http = wait_for("addresses in the log", self._addresses).groups()
        wait_for("readiness", lambda: self.get("/readyz")[0] == 200)
        return self

    def get(self, path: str) -> tuple[int, dict]:
        status, body, _ = http_get(self.http, path)
        return status, json.loads(body)

    def muster(self, *args: str) -> dict:
        """A command of the command line, which must succeed, and what it prints as JSON."""
        done = subprocess.run([MUSTER, "--server", self.grpc, "--json", *args], capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(f"muster {' '.join(args)}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout or "{}")

    def run(self, *args: str, typed: str = "") -> subprocess.CompletedProcess:
        """A command of the command line with what is typed, however it ends."""
        return subprocess.run([MUSTER, "--server", self.grpc, "--json", *args], input=typed, capture_output=True,
                              text=True)

    def first_admin(self) -> tuple[str, str]:
        """Name and password of the first user, which the first start printed."""
        self.output.seek(0)
        return re.search(r"muster login (\S+)\n\s+(\S+)\n", self.output.read()).groups()

    def contact(self, contact_id: str) -> dict:
        return self.muster("contacts", "get", contact_id)

    def state_of(self, contact_id: str) -> str:
        return self.contact(contact_id)["contact"]["state"]

    def agent(self, agent_id: str, *args: str) -> subprocess.Popen:
        """An agent who takes every offer."""
        return subprocess.Popen([MUSTER, "--server", self.grpc, "agent", "work", agent_id, "--auto", *args],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end(self, how: int) -> int:
        """Sends a signal and gives the exit status."""
        self.process.send_signal(how)
        return self.wait()

    def wait(self) -> int:
        status = self.process.wait(HANGS_AFTER_S)
        self.reader.join()
        self.process.stderr.close()
        self.output.close()
        return status


class ServerTest(unittest.TestCase):
    """Servers on a data folder that goes with the test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="muster-e2e-")
        self.addCleanup(folder.cleanup)
        self.data = Path(folder.name) / "data"
        self.config = Path(folder.name) / "config"
        os.environ["XDG_CONFIG_HOME"] = str(self.config)

    def start(self, *args: str) -> Server:
        server = Server("--data", str(self.data), *args)
        self.addCleanup(lambda: server.process.poll() is None and server.end(signal.SIGTERM))
        return server.wait_until_ready()

    def agent(self, server: Server, *args: str) -> subprocess.Popen:
        agent = server.agent(*args)

        def stop():
            agent.kill()
            agent.wait()
        self.addCleanup(stop)
        return agent

    def furnish(self, server: Server):
        server.muster("skills", "create", "english")
        server.muster("policies", "create", "english-first", "--step", "0s:english=60")
        server.muster("queues", "create", "billing", "--channel", "chat", "--policy", "english-first")
        server.muster("agents", "create", "li.na", "--skill", "english=80")

    def create_contact(self, server: Server) -> str:
        return server.muster("contacts", "create", "--queue", "billing", "--name", "Invoice 42")["contactId"]
