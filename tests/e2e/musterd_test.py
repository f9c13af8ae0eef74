"""musterd and muster together: a contact's life, stops in good order, and restarts after every kind of death."""

import base64
import json
import os
import signal
import subprocess
import unittest

from programs import MUSTER, Server, ServerTest, wait_for


class MusterdTest(ServerTest):
    def postmaster(self) -> int | None:
        try:
            return int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError):
            return None

    def test_contact_is_created_offered_accepted_and_completed(self):
        server = self.start()
        self.furnish(server)
        contact = self.create_contact(server)
        self.assertEqual(server.state_of(contact), "CONTACT_STATE_QUEUED")
        self.agent(server, "li.na", "--handle-time", "1s", "--disposition", "solved")
        wait_for("completion", lambda: server.state_of(contact) == "CONTACT_STATE_COMPLETED")
        record = server.contact(contact)
        self.assertEqual(record["contact"]["disposition"], "solved")
        self.assertEqual([offer["agentId"] for offer in record["offers"]], ["li.na"])
        self.assertEqual(server.end(signal.SIGTERM), 0)

    def test_stop_in_good_order_leaves_no_process_and_loses_nothing(self):
        server = self.start()
        self.furnish(server)
        contact = self.create_contact(server)
        self.assertEqual(server.end(signal.SIGTERM), 0)
        self.assertEqual(server.log[-1]["message"], "stopped")
        self.assertIsNone(self.postmaster())
        server = self.start()
        self.assertEqual(server.state_of(contact), "CONTACT_STATE_QUEUED")

    def test_stop_asked_for_during_the_start_is_in_good_order_too(self):
        server = Server("--data", str(self.data))
        wait_for("the first words", lambda: "making a PostgreSQL cluster" in server.messages())
        self.assertEqual(server.end(signal.SIGTERM), 0)
        self.assertEqual(server.log[-1]["message"], "stopped")
        self.assertIsNone(self.postmaster())

    def test_stop_ends_open_streams(self):
        server = self.start()
        self.furnish(server)
        self.agent(server, "li.na")
        watcher = subprocess.Popen([MUSTER, "--server", server.grpc, "contacts", "watch"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (watcher.kill(), watcher.wait()))
        contact = self.create_contact(server)
        wait_for("an agent", lambda: server.state_of(contact) != "CONTACT_STATE_QUEUED")
        self.assertEqual(server.end(signal.SIGINT), 0)
        self.assertNotIn("did not end", server.messages())

    def test_killed_musterd_comes_back_with_what_it_acknowledged(self):
        server = self.start()
        self.furnish(server)
        waiting = [self.create_contact(server) for _ in range(3)]
        self.assertEqual(server.end(signal.SIGKILL), -signal.SIGKILL)
        server = self.start()
        for contact in waiting:
            self.assertEqual(server.state_of(contact), "CONTACT_STATE_QUEUED")
        self.agent(server, "li.na", "--handle-time", "0s")
        for contact in waiting:
            wait_for("completion", lambda: server.state_of(contact) == "CONTACT_STATE_COMPLETED")

    def test_killed_postgres_comes_back_under_the_running_musterd(self):
        server = self.start()
        self.furnish(server)
        contact = self.create_contact(server)
        killed = self.postmaster()
        os.kill(killed, signal.SIGKILL)
        wait_for("another PostgreSQL", lambda: self.postmaster() not in (None, killed))
        wait_for("readiness", lambda: server.get("/readyz")[0] == 200)
        self.assertEqual(server.get("/healthz"), (200, {"alive": True}))
        self.assertEqual(server.state_of(contact), "CONTACT_STATE_QUEUED")
        second = self.create_contact(server)
        self.assertEqual(server.state_of(second), "CONTACT_STATE_QUEUED")

    def test_second_musterd_on_one_data_folder_is_refused(self):
        first = self.start()
        second = Server("--data", str(self.data))
        self.assertEqual(second.wait(), 1)
        self.assertIn(f"another musterd (process {first.process.pid})", second.messages())
        self.assertEqual(first.get("/readyz")[0], 200)

    def test_database_of_the_operator_serves_a_workspace_of_its_own(self):
        own = self.start()
        self.furnish(own)
        database = f"host={self.data}/postgres user=muster dbname=postgres"
        # The folder is where the root key is, with which the database's secrets are sealed.
        other = Server("--database", database, "--workspace", "night-shift", "--data", str(self.data))
        self.addCleanup(lambda: other.process.poll() is None and other.end(signal.SIGTERM))
        other.wait_until_ready()
        self.assertEqual(other.muster("queues", "list").get("queues", []), [])
        self.assertEqual(len(own.muster("queues", "list")["queues"]), 1)
        self.assertEqual(other.end(signal.SIGTERM), 0)

    def test_user_signs_in_is_known_and_signs_out(self):
        server = self.start()
        user, password = server.first_admin()
        self.assertIn("local-operator-", server.muster("whoami")["subject"])
        self.assertNotEqual(server.run("login", user, typed="wrong password\n").returncode, 0)
        self.assertEqual(server.run("login", user, typed=password + "\n").returncode, 0)
        self.assertEqual(server.muster("whoami")["subject"], user)
        kept = self.config / "muster" / "sessions" / server.grpc
        self.assertEqual(kept.stat().st_mode & 0o777, 0o600)
        self.assertEqual(kept.parent.stat().st_mode & 0o777, 0o700)
        typed = f"{password}\nanother good one\nanother good one\n"
        self.assertEqual(server.run("password", typed=typed).returncode, 0)

        tokens = json.loads(kept.read_text())
        tokens["accessExpireTime"] = "2020-01-01T00:00:00Z"
        kept.write_text(json.dumps(tokens))
        self.assertEqual(server.muster("whoami")["subject"], user)
        self.assertNotEqual(json.loads(kept.read_text())["refreshToken"], tokens["refreshToken"])

        server.muster("logout")
        self.assertFalse(kept.exists())
        self.assertIn("local-operator-", server.muster("whoami")["subject"])
        self.assertEqual(server.run("login", user, typed="another good one\n").returncode, 0)

    def test_keys_of_tokens_are_public(self):
        status, keys = self.start().get("/.well-known/jwks.json")
        self.assertEqual(status, 200)
        self.assertEqual({key["alg"] for key in keys["keys"]}, {"EdDSA"})
        self.assertNotIn("d", keys["keys"][0])

    def test_who_has_no_key_gets_nowhere(self):
        server = self.start()
        os.environ["XDG_CONFIG_HOME"] = str(self.config) + "-of-another"
        refused = server.run("queues", "list")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("muster login", refused.stdout + refused.stderr)
        key = self.data / "operator.key"
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        self.assertEqual(server.run("--token-file", str(key), "queues", "list").returncode, 0)

    def test_first_admin_is_told_once_and_the_keys_stay(self):
        server = self.start()
        server.first_admin()
        self.assertNotIn("muster login", server.messages(), "the password is not for the log")
        key = (self.data / "operator.key").read_text()
        link = self.config / "muster" / "local" / server.grpc
        self.assertTrue(link.is_symlink())
        self.assertEqual(server.end(signal.SIGTERM), 0)
        self.assertFalse(link.is_symlink())
        server = self.start()
        self.assertEqual((self.data / "operator.key").read_text(), key)
        server.output.seek(0)
        self.assertEqual(server.output.read(), "")

    def openssl(self, *args: str):
        subprocess.run(["openssl", *args], cwd=self.config.parent, check=True, capture_output=True)

    def certified(self, server: "Server") -> str:
        """The identifier of a certificate of li.na."""
        server.muster("members", "create", "li.na", "--name", "李娜", "--engagement", "student")
        for state in ["verified", "training"]:
            server.muster("members", "state", "li.na", state)
        server.muster("certificates", "kinds", "create", "refunds", "--name", "退款", "--skill", "refunds-certified")
        issued = server.muster("certificates", "issue", "refunds", "--member", "li.na")
        return issued["certificate"]["certificateId"]

    def verify(self, server: "Server", *args: str) -> tuple[int, str]:
        done = server.run("certificates", "verify", *args)
        return done.returncode, json.loads(done.stdout)["reason"]

    def test_certificate_travels_as_an_open_badge_that_others_can_check(self):
        server = self.start("--public-url", "https://muster.example")
        certificate = self.certified(server)
        badge, keys = self.config.parent / "badge.jwt", self.config.parent / "keys.json"
        server.muster("certificates", "export", certificate, "--output", str(badge))
        keys.write_text(json.dumps(server.muster("certificates", "key-set")))
        self.assertEqual(self.verify(server, str(badge)), (0, ""))
        self.assertEqual(self.verify(server, str(badge), "--keys", str(keys)), (0, ""))

        decode = lambda part: base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        head, body, signature = badge.read_text().strip().split(".")
        header, credential = json.loads(decode(head)), json.loads(decode(body))
        self.assertEqual(header["alg"], "EdDSA")
        self.assertEqual(credential["type"], ["VerifiableCredential", "AchievementCredential"])
        self.assertEqual(credential["credentialSubject"]["achievement"]["achievementType"], "Certification")

        # What anyone finds at the addresses in the badge, without a token.
        path = lambda url: url.removeprefix("https://muster.example")
        key = server.get(path(header["kid"]))[1]
        self.assertIn(key, server.get("/badges/keys")[1]["keys"])
        self.assertNotIn("d", key)
        self.assertEqual(server.get(path(credential["issuer"]["id"]))[1]["id"], credential["issuer"]["id"])
        status = path(credential["credentialStatus"]["id"])
        self.assertEqual(server.get(status), (200, {"status": "valid"}))
        self.assertEqual(server.get("/badges/status/" + certificate)[0], 404)

        # By that key, OpenSSL finds the signature right.
        folder = self.config.parent
        (folder / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + decode(key["x"]))
        (folder / "message").write_bytes(f"{head}.{body}".encode())
        (folder / "signature").write_bytes(decode(signature))
        self.openssl("pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-rawin", "-in", "message",
                     "-sigfile", "signature")

        forged = self.config.parent / "forged.jwt"
        credential["name"] = "everything"
        body = base64.urlsafe_b64encode(json.dumps(credential).encode()).decode().rstrip("=")
        forged.write_text(f"{head}.{body}.{signature}")
        self.assertEqual(self.verify(server, str(forged)), (1, "TAMPERED"))

        server.muster("certificates", "suspend", certificate, "--reason", "complaint")
        self.assertEqual(self.verify(server, str(badge)), (1, "SUSPENDED"))
        self.assertEqual(server.get(status)[1]["status"], "suspended")
        self.assertEqual(server.run("certificates", "export", certificate).returncode, 1)
        server.muster("certificates", "reinstate", certificate)
        self.assertEqual(self.verify(server, str(badge)), (0, ""))
        server.muster("certificates", "publish-version", "refunds", "--grace", "0s")
        wait_for("the end of certificates of the version before",
                 lambda: self.verify(server, str(badge)) == (1, "EXPIRED"))
        server.muster("certificates", "revoke", certificate, "--reason", "forged papers")
        self.assertEqual(self.verify(server, str(badge)), (1, "REVOKED"))
        self.assertEqual(server.get(status)[1]["status"], "revoked")

    def test_badges_are_not_made_without_a_public_address(self):
        server = self.start()
        refused = server.run("certificates", "export", self.certified(server))
        self.assertEqual(refused.returncode, 1)
        self.assertIn("PUBLIC_URL_MISSING", refused.stdout + refused.stderr)
        self.assertEqual(server.get("/badges/keys")[0], 404)

    def test_calls_are_encrypted_and_show_certificates(self):
        new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test"]
        self.openssl("req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem")
        for name in ["server", "client"]:
            self.openssl("req", *new_key, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{name}.key", "-out",
                         f"{name}.csr")
            self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                         "-copy_extensions", "copy", "-out", f"{name}.pem")
        files = ["ca.pem", "server.pem", "server.key", "client.pem", "client.key"]
        ca, server_pem, server_key, client_pem, client_key = (str(self.config.parent / file) for file in files)
        server = self.start("--tls-certificate", server_pem, "--tls-key", server_key, "--tls-client-ca", ca)
        self.assertIn("gRPC with TLS, clients need a certificate", server.messages())
        with_both = ["--tls-ca", ca, "--tls-certificate", client_pem, "--tls-key", client_key]
        self.assertIn("local-operator-", server.muster(*with_both, "whoami")["subject"])
        for without in [["--tls-ca", ca], []]:
            self.assertNotEqual(server.run("--timeout", "1s", *without, "whoami").returncode, 0)
        self.assertIn("--tls-ca", server.run(*with_both[2:], "whoami").stderr)

    def test_port_that_is_taken_is_named(self):
        first = self.start()
        for flag, address in [("--http-listen", first.http), ("--grpc-listen", first.grpc)]:
            second = Server("--data", str(self.data) + "2", flag, address)
            self.assertEqual(second.wait(), 1)
            self.assertIn(address, second.log[-1]["message"])


if __name__ == "__main__":
    unittest.main()
