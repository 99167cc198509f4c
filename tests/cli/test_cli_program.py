"""The command line as a program: terminals, signals, pipes, files, and what OpenSSL says."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cli_running import environment, program

from making import audit_rows, make_enrollment, make_operator, make_person, state_of
from rmtui import settings
from rmtui.services.types import State

CODE = "KROW2IAB"
MODES = {"mtls.key": 0o400, "mtls.pub": 0o444, "mtls.csr": 0o444, "mtls.pem": 0o644, "mtls.pfx": 0o644}


@pytest.fixture
def boss(embedded, monkeypatch):
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    return make_operator()


class TestTerminal:
    def test_asked_and_answered(self, boss, terminal):
        waiting = make_enrollment("RAVEN", CODE)
        asked = terminal("enrollments", "approve", "RAVEN", "--code", "-", "--format", "json")
        asked.read("Approve code: ")
        asked.type("krow-2iab\n")
        asked.read("[y/N] ")
        assert "Signs CN=RAVEN with a new EC P-256 key" in asked.seen
        asked.type("y\n")
        code, out = asked.end()
        assert (code, out.count('"callsign": "RAVEN"')) == (0, 1)
        assert state_of(waiting) is State.APPROVED

    @pytest.mark.parametrize("answer", ["n\n", "\n", "yep\n", "\x04"])
    def test_anything_but_yes_is_no(self, boss, terminal, answer):
        asked = terminal("enrollments", "create", "RAVEN")
        asked.read("Make an enrolment for RAVEN? [y/N] ")
        asked.type(answer)
        assert asked.end() == (1, "")
        assert "Nothing was changed." in asked.seen
        assert audit_rows() == []

    def test_interrupted_at_the_question(self, boss, terminal):
        asked = terminal("enrollments", "create", "RAVEN")
        asked.read("[y/N] ")
        asked.process.send_signal(signal.SIGINT)
        assert asked.end()[0] == 130
        assert "interrupted" in asked.seen
        assert "Traceback" not in asked.seen

    def test_what_is_asked_is_harmless(self, boss, terminal):
        make_enrollment("A\x1b[2JB", CODE)
        asked = terminal("enrollments", "reject", "A\x1b[2JB", "--reason", "No")
        asked.read("[y/N] ")
        assert "\x1b" not in asked.seen
        asked.type("yes\n")
        assert asked.end()[0] == 0

    @pytest.mark.parametrize("term", ["dumb", "", "unknown"])
    def test_a_dumb_one_gets_no_console(self, boss, terminal, monkeypatch, term):
        monkeypatch.setattr("cli_running.environment", lambda real=environment: {**real(), "TERM": term})
        for argv in ((), ("demo",)):
            asked = terminal(*argv, results=True)
            assert asked.end()[0] == 2
            assert "rmtui enrollments list" in asked.seen

    @pytest.mark.parametrize(
        "argv",
        [
            ("enrollments", "create", "RAVEN"),
            ("enrollments", "approve", "RAVEN", "--code", "-"),
            ("enrollments", "approve", "--codes", "-", "--yes"),
            ("enrollments", "create", "NEW", "--csr", "-", "--yes"),
            ("people", "rollcall", "-"),
            ("codes", "burn", "-", "--yes"),
            ("signin", "--code"),
            ("signin", "--token", "-"),
            (),
            ("--plain",),
            ("demo",),
        ],
    )
    def test_with_no_input_it_is_asked_nothing(self, boss, terminal, argv):
        make_enrollment("RAVEN", CODE)
        asked = terminal("--no-input", *argv, results=True)
        assert asked.end()[0] == 2
        assert "othing may be asked" in asked.seen
        assert audit_rows() == []

    def test_with_no_input_yes_is_an_answer(self, boss, terminal):
        asked = terminal("--no-input", "enrollments", "create", "RAVEN", "--yes")
        assert asked.end()[0] == 0


class TestPipes:
    def test_a_reader_who_has_seen_enough(self, boss):
        for number in range(3):
            make_person(f"R{number}" + "x" * 40)
        for form in ("text", "json", "csv"):
            reader, writer = os.pipe()
            os.close(reader)
            done = program("people", "list", "--format", form, stdout=writer)
            os.close(writer)
            assert (done.returncode, done.stderr) == (1, "")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
    def test_a_full_disk(self, boss):
        with Path("/dev/full").open("w") as full:
            done = program("enrollments", "create", "RAVEN", "--yes", stdout=full)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "No space left" in done.stderr
        assert "look before trying again" in done.stderr

    def test_an_alphabet_of_few_letters(self, boss):
        make_person("Ж鷹")
        done = program("people", "list", env=environment(PYTHONIOENCODING="ascii"))
        assert done.returncode == 0
        assert r"\u0416\u9df9" in done.stdout

    def test_interrupted_while_reading_the_code(self, boss):
        make_enrollment("RAVEN", CODE)
        start = """
import sys
from rmtui.cli import asking, enrollments, main
enrollments.read_code = lambda given: print("on", flush=True) or asking.read_code(given)
sys.exit(main.main())
"""
        process = subprocess.Popen(
            [sys.executable, "-c", start, "enrollments", "approve", "RAVEN", "--code", "-", "--yes"],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout.readline() == "on\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out) == (130, "")
        assert "interrupted" in err
        assert "Traceback" not in err

    def test_interrupted_while_the_key_is_made(self, boss, cli, monkeypatch):
        from rmtui.pki import identity

        waiting = make_enrollment("RAVEN", CODE)

        def interrupt(*_args, **_kwargs):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(identity, "_write", interrupt)
            assert cli("enrollments", "approve", "RAVEN", "--code", CODE, "--yes").code == 130
        assert state_of(waiting) is State.PENDING
        assert not list(settings.current().people_dir.iterdir())
        assert cli("enrollments", "approve", "RAVEN", "--code", CODE, "--yes").code == 0


class TestSignals:
    """From the first line of the program to the last: no traceback, and one exit code."""

    LOADING = """
import os, runpy, sys
class Loading:
    def find_spec(self, name, path, target=None):
        if name == os.environ["RMTUI_WHILE"]:
            os.kill(os.getpid(), int(os.environ["RMTUI_SIGNAL"]))
sys.meta_path.insert(0, Loading())
runpy.run_module("rmtui", run_name="__main__")
"""
    OVER = """
import os, runpy, threading
def interrupt():
    threading.main_thread().join()
    while not threading.Event().wait(0.1):
        os.kill(os.getpid(), int(os.environ["RMTUI_SIGNAL"]))
threading.Thread(target=interrupt).start()
runpy.run_module("rmtui", run_name="__main__")
"""
    TAKEN_DOWN = """
import atexit, os, runpy
atexit.register(lambda: os.kill(os.getpid(), int(os.environ["RMTUI_SIGNAL"])))
runpy.run_module("rmtui", run_name="__main__")
"""
    WITHIN = """
import os, runpy, signal
from rmtui.cli import main
def interrupt(*_given):
    exec("os.kill(os.getpid(), int(os.environ['RMTUI_SIGNAL']))")
main.build = interrupt
runpy.run_module("rmtui", run_name="__main__")
"""
    TWICE = """
import os, runpy, signal
from rmtui.cli import main
def interrupt(*_given):
    os.kill(os.getpid(), signal.SIGINT)
main.build = main.say = interrupt
runpy.run_module("rmtui", run_name="__main__")
"""

    @pytest.fixture
    def run(self):
        def run(script: str, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-c", script, *argv]
            return subprocess.run(command, env=environment(**env), capture_output=True, text=True, timeout=60, check=False)

        return run

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    @pytest.mark.parametrize("module", ["rmtui.cli.main", "rmtui.text"])
    def test_while_it_is_loaded(self, run, number, module):
        done = run(self.LOADING, "--lang", "fi", "people", "list", RMTUI_WHILE=module, RMTUI_SIGNAL=str(int(number)))
        assert (done.returncode, done.stdout) == (130, "")
        assert done.stderr == "rmtui: keskeytetty; kesken ollut peruttiin tai jätettiin ennalleen.\n"

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    @pytest.mark.parametrize(("script", "code"), [(OVER, 130), (TAKEN_DOWN, 0)], ids=["a thread goes on", "nothing goes on"])
    def test_when_it_is_over(self, run, number, script, code):
        done = run(script, "--version", RMTUI_SIGNAL=str(int(number)))
        assert (done.returncode, done.stderr) == (code, "")
        assert done.stdout.startswith("rmtui ")

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_within_what_is_executed_as_a_dataclass_is(self, run, number):
        done = run(self.WITHIN, RMTUI_SIGNAL=str(int(number)))
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (130, "", 1)

    def test_a_second_ctrl_c_while_the_first_is_told(self, run):
        done = run(self.TWICE, "--version")
        assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_no_terminal_at_all(boss):
    for argv in ((), ("demo",)):
        done = program(*argv)
        assert done.returncode == 2
        assert "rmtui enrollments list" in done.stderr


def test_secrets_are_never_printed(boss, cli, monkeypatch, data_dir):
    """Neither in what is told, nor in the log of statements, nor in a sentence of what fails."""
    secrets = {"JWT_PRIVKEY_PASS": "hunter-jwt", "RM_DATABASE_PASSWORD": "hunter-db"}
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DB_ECHO", "1")
    make_enrollment("RAVEN", CODE)
    told = []
    for argv in [
        ("info",),
        ("enrollments", "list"),
        ("enrollments", "show", "RAVEN"),
        ("enrollments", "approve", "RAVEN", "--code", CODE, "--yes"),
        ("people", "show", "RAVEN", "--format", "json"),
        ("nonsense",),
    ]:
        done = program(*argv)
        told.append(done.stdout + done.stderr)
    everything = "".join(told)
    assert "SELECT" in everything
    assert "hunter" not in everything
    assert CODE not in everything
    monkeypatch.setenv("RM_DB_DSN", "postgresql://me:hunter-dsn@127.0.0.1:1/db")
    monkeypatch.setenv("DB_RETRY_LIMIT", "0")
    done = program("info")
    assert done.returncode == 3
    assert "hunter" not in done.stdout + done.stderr


class TestFromNothing:
    """As on a fresh machine: no environment but HOME, keys of the default kind."""

    @pytest.fixture
    def run(self, tmp_path):
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "LANG": "C.UTF-8", "TZ": "UTC"}

        def run(*argv: str, code: int = 0) -> str:
            done = program(*argv, env=env, umask=0o077)
            assert done.returncode == code, done.stderr
            return done.stdout

        return run

    def test_set_up_enrol_approve_and_openssl(self, run, tmp_path):
        run("people", "list", code=2)
        made = json.loads(run("init", "--admin", "Åke 1", "--yes", "--format", "json"))
        assert (made["admin"], len(made["made"])) == ("Åke 1", 4)
        again = json.loads(run("init", "--admin", "Åke 1", "--yes", "--format", "json"))
        assert (again["made"], again["pfx"]) == ([], made["pfx"])
        code = json.loads(run("enrollments", "create", "RAVEN", "--yes", "--format", "json"))["approvecode"]
        files = Path(json.loads(run("enrollments", "approve", "RAVEN", "--code", code, "--yes", "--format", "json"))["files"])
        assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in files.iterdir()} == MODES
        assert stat.S_IMODE(files.stat().st_mode) == 0o700
        assert stat.S_IMODE(files.parent.stat().st_mode) == 0o755
        data = Path(made["data_dir"])
        assert stat.S_IMODE((data / "rmtui.db").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "home" / ".config" / "rmtui" / "config.toml").stat().st_mode) == 0o600
        shown = json.loads(run("people", "show", "RAVEN", "--format", "json"))
        assert shown["key"] == "RSA 4096"
        if shutil.which("openssl") is None:
            pytest.skip("no openssl here")
        public = data / "public"
        check = ["openssl", "verify", "-crl_check_all", "-CAfile", public / "ca_chain.pem", "-CRLfile", public / "crl.pem"]
        for directory in files.parent.iterdir():
            subprocess.run([*check, directory / "mtls.pem"], check=True, capture_output=True)
        for callsign, pfx in (("RAVEN", files / "mtls.pfx"), ("Åke 1", Path(made["pfx"]))):
            opening = ["openssl", "pkcs12", "-legacy", "-in", pfx, "-passin", f"pass:{callsign}", "-nodes", "-info"]
            opened = subprocess.run(opening, capture_output=True, check=True)
            assert opened.stdout.count(b"BEGIN CERTIFICATE") == 2
            assert opened.stdout.count(b"BEGIN PRIVATE KEY") == 1
            assert b"pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048" in opened.stderr
        subject = subprocess.run(["openssl", "x509", "-in", files / "mtls.pem", "-noout", "-subject"], capture_output=True, check=True)
        assert subject.stdout.strip() in {b"subject=CN = RAVEN", b"subject=CN=RAVEN"}
