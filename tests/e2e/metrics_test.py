"""What a server tells of itself at /metrics, as Prometheus reads it; and that docs and dashboard tell of the same."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.append("/usr/lib/python3/dist-packages")  # where Debian keeps it, should another Python run this
from prometheus_client.parser import text_string_to_metric_families

from programs import HANGS_AFTER_S, MUSTER, Server, ServerTest, http_get, wait_for

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(r"\b(?:muster|process)_[a-z0-9_]+")
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """One scrape."""

    def __init__(self, address: str):
        status, self.text, content_type = http_get(address, "/metrics")
        assert (status, content_type) == (200, CONTENT_TYPE), (status, content_type)
        self.families = {family.name: family for family in text_string_to_metric_families(self.text)}
        self.samples = {(sample.name, *sorted(sample.labels.items())): sample.value
                        for family in self.families.values() for sample in family.samples}

    def value(self, name: str, **labels: str) -> float:
        return self.samples[(name, *sorted(labels.items()))]

    def all_events_are_committed(self) -> bool:
        return self.value("muster_journal_commit_events_sum") == self.value("muster_committed_sequence")

    def names(self) -> set[str]:
        """As they are written in a query, but for the parts of a histogram."""
        return {family.name + ("_total" if family.type == "counter" else "") for family in self.families.values()}

    def counts(self) -> dict:
        """Every sample that may only rise."""
        rising = {family.name for family in self.families.values() if family.type in ("counter", "histogram")}
        return {key: value for key, value in self.samples.items()
                if any(key[0] == name or key[0].startswith(name + "_") for name in rising)}


class MetricsTest(ServerTest):
    def test_commands_raise_the_counts_by_what_was_sent(self):
        server = self.start()
        self.furnish(server)
        before = Metrics(server.http)
        for _ in range(7):
            self.create_contact(server)
        after = Metrics(server.http)
        rise = lambda name, **labels: after.value(name, **labels) - before.value(name, **labels)
        self.assertEqual(rise("muster_commands_total", delivery="answered"), 7)
        self.assertEqual(rise("muster_contacts_waiting"), 7)
        wait_for("what is committed to be counted", lambda: Metrics(server.http).all_events_are_committed())
        for delivery in ["busy", "not_serving", "unknown"]:
            self.assertEqual(after.value("muster_commands_total", delivery=delivery), 0)
        self.assertEqual(after.value("muster_ready"), 1)
        self.assertEqual(after.value("muster_build_info", version="0.1.0"), 1)

    def test_offers_sessions_and_streams_are_told(self):
        server = self.start()
        self.furnish(server)
        contact = self.create_contact(server)
        self.agent(server, "li.na", "--handle-time", "0s")
        watcher = subprocess.Popen([MUSTER, "--server", server.grpc, "contacts", "watch"], stdout=subprocess.DEVNULL)
        self.addCleanup(lambda: (watcher.kill(), watcher.wait()))
        wait_for("completion", lambda: server.state_of(contact) == "CONTACT_STATE_COMPLETED")
        wait_for("the watch", lambda: Metrics(server.http).value("muster_streams_open", kind="contacts") == 1)
        metrics = Metrics(server.http)
        self.assertEqual(metrics.value("muster_offers_made_total"), 1)
        self.assertEqual(metrics.value("muster_offers_accepted_total"), 1)
        self.assertEqual(metrics.value("muster_sessions_open"), 1)
        self.assertEqual(metrics.value("muster_streams_open", kind="session"), 1)
        self.assertEqual(metrics.value("muster_streams_open", kind="board"), 0)

    def test_refused_calls_are_counted_by_their_reason(self):
        server = self.start()
        refused = lambda reason: Metrics(server.http).value("muster_calls_refused_total", reason=reason)
        with tempfile.NamedTemporaryFile("w") as key:
            key.write("mk_live_0123456789abcdef_" + "0" * 43)
            key.flush()
            os.chmod(key.name, 0o600)
            self.assertNotEqual(server.run("--token-file", key.name, "queues", "list").returncode, 0)
        self.assertEqual(refused("unauthenticated"), 1)
        for _ in range(12):
            server.run("login", "admin", typed="wrong password\n")
        self.assertEqual(refused("rate"), 2)
        self.assertEqual(refused("denied"), 0)

    def test_counts_never_fall_while_the_database_dies_and_comes_back(self):
        server = self.start()
        self.furnish(server)
        self.agent(server, "li.na", "--handle-time", "0s")
        last = Metrics(server.http)

        def look():
            nonlocal last
            now = Metrics(server.http)
            for key, value in last.counts().items():
                self.assertGreaterEqual(now.counts()[key], value, key)
            last = now
            return now
        for _ in range(5):
            self.create_contact(server)
            look()
        first_epoch = last.value("muster_epoch")
        os.kill(int((self.data / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        wait_for("another term", lambda: look().value("muster_epoch") > first_epoch)
        wait_for("readiness", lambda: look().value("muster_ready") == 1)
        self.create_contact(server)
        look()
        self.assertGreater(last.value("muster_terms_ended_total"), 0)

    def test_server_that_still_waits_for_its_database_tells_so(self):
        silent = socket.create_server(("127.0.0.1", 0))  # takes connections and never answers
        self.addCleanup(silent.close)
        silent.settimeout(HANGS_AFTER_S)
        free = socket.create_server(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % free.getsockname()[1]
        free.close()
        server = Server("--data", str(self.data), "--http-listen", address, "--database",
                        f"host=127.0.0.1 port={silent.getsockname()[1]} user=muster dbname=muster")
        self.addCleanup(server.end, signal.SIGKILL)
        connection, _ = silent.accept()
        self.addCleanup(connection.close)
        metrics = Metrics(address)
        self.assertEqual(metrics.value("muster_ready"), 0)
        self.assertGreater(metrics.value("process_resident_memory_bytes"), 0)

    def test_nothing_names_a_tenant_a_queue_or_a_person(self):
        server = self.start()
        server.muster("tenants", "create", "acme-insurance", "--name", "Acme Insurance")
        self.furnish(server)
        self.create_contact(server)
        self.agent(server, "li.na")
        wait_for("the session", lambda: Metrics(server.http).value("muster_sessions_open") == 1)
        metrics = Metrics(server.http)
        for name in ["acme", "billing", "li.na", "english", "Invoice", "admin", "operator"]:
            self.assertNotIn(name.lower(), metrics.text.lower())
        labels = {label for key in metrics.samples for label, _ in key[1:]}
        self.assertEqual(labels, {"delivery", "kind", "le", "pool", "reason", "version"})

    def test_every_metric_is_in_the_docs_and_the_dashboard_asks_for_no_other(self):
        names = Metrics(self.start().http).names()
        section = (ROOT / "docs/operations.md").read_text().split("## Metrics of the server", 1)[1].split("\n## ", 1)[0]
        documented = re.findall(r"^\| `((?:muster|process)_\w+)`", section, re.MULTILINE)
        self.assertEqual(sorted(documented), sorted(names))

        dashboard = json.loads((ROOT / "deploy/dashboards/muster.json").read_text())
        queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
        queries += [variable["query"] for variable in dashboard["templating"]["list"] if variable["type"] == "query"]
        asked = {re.sub(r"_(bucket|sum|count)$", "", name) for query in queries for name in NAME.findall(query)}
        self.assertEqual(asked - names, set())
        self.assertGreater(len(asked), 20)

    def test_names_follow_prometheus_conventions(self):
        for family in Metrics(self.start().http).families.values():
            self.assertRegex(family.name, NAME)
            self.assertTrue(family.documentation.endswith("."), family.name)
            self.assertNotRegex(family.name, r"_(ms|millis|minutes|kb|mb)\b")
            self.assertNotEqual(family.type, "unknown", family.name)


if __name__ == "__main__":
    unittest.main()
