"""The command line in Finnish: what an operator reads is; what programs read, and what is recorded, stays English."""

from __future__ import annotations

import json
import re

import pytest
from cli_running import environment, program

from making import START, audit_rows, make_enrollment, make_operator, make_person, make_pool
from readme_help import parsers
from rmtui import i18n
from rmtui.cli import usage
from rmtui.cli.parser import build

ENGLISH = re.compile(r"(?i)\b(an|and|does|for|from|is|it|no|nobody|not|nothing|of|the|this|to|was|were|with|yes|usage|options|required)\b")
"""Words of which hardly an English sentence does without, and which are none in Finnish."""


@pytest.fixture
def boss(embedded, monkeypatch):
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    return make_operator()


@pytest.fixture
def finnish(boss, monkeypatch):
    monkeypatch.setenv("RMTUI_LANG", "fi")


def run(*argv: str, code: int = 0, **env: str) -> tuple[str, str]:
    """What a program in Finnish tells, and that it tells nothing in English beside its results."""
    done = program(*argv, env=environment(**(env or {"RMTUI_LANG": "fi"})))
    assert done.returncode == code, done
    assert not ENGLISH.search(re.sub(r"/\S+", "", done.stderr)), done.stderr
    return done.stdout, done.stderr


def test_the_main_job(boss):

    out, err = run("enrollments", "create", "KARHU", "--yes")
    assert re.match(r"kutsutunnus +KARHU\ntila +odottaa\nhyväksyntäkoodi +[A-Z2-9]{8}\npk ", out)
    assert err == "Anna hyväksyntäkoodi henkilölle; sitä ei näytetä uudelleen.\n"
    made = json.loads(run("enrollments", "create", "ÄIJÄ", "--yes", "--format", "json")[0])
    assert (list(made), made["state"]) == (["callsign", "state", "approvecode", "pk"], "pending")
    head, first, _second = run("enrollments", "list")[0].splitlines()
    assert head.split() == ["KUTSUTUNNUS", "TILA", "LUOTU", "PÄÄTETTY", "PÄÄTTÄJÄ", "KUTSU", "CSR"]
    assert re.fullmatch(r"KARHU +odottaa +\d\d?\.\d\d?\.\d{4} \d\d\.\d\d\.\d\d UTC +ei", first)
    assert [head.index(word) for word in ("TILA", "LUOTU", "CSR")] == [first.index(word) for word in ("odottaa", first.split()[2], "ei")]
    wrong = run("enrollments", "approve", "ÄIJÄ", "--code", "WRONGONE", "--yes", code=1)
    assert wrong == ("", "rmtui: Tämä ei ole kutsutunnuksen ÄIJÄ koodi; mitään ei hyväksytty. Pyydä lukemaan se uudelleen.\n")
    assert "tila           hyväksytty\n" in run("enrollments", "approve", "ÄIJÄ", "--code", made["approvecode"], "--yes")[0]
    out, err = run("enrollments", "reject", "KARHU", "SUSI", "--reason", "Väärä päivä", "--yes", code=4)
    assert [line.split()[:2] for line in out.splitlines()] == [["KUTSUTUNNUS", "TULOS"], ["KARHU", "tehty"], ["SUSI", "torjuttu"]]
    assert err.endswith("1 tehty, 1 torjuttu.\n")
    assert "Väärä päivä" in run("enrollments", "show", "KARHU")[0]
    assert "KUTSUTUNNUS  TILA      ROOLIT" in run("people", "list")[0]
    out, _err = run("doctor")
    assert out.startswith("KUNNOSSA\n  database: Tietokanta ")
    assert not ENGLISH.search(re.sub(r"/\S+", "", out.split("authority:")[0]))
    assert run("people", "list", "--help")[0].startswith("käyttö: rmtui people list [-h]")
    unknown = run("people", "list", "--colour", code=2)[1]
    assert unknown == "rmtui: tuntemattomat valitsimet tai arvot: --colour. Katso rmtui --help.\n"

    recorded = [(action, outcome, target, about) for _who, action, outcome, target, about in audit_rows()]
    assert ("approve", "refused", "ÄIJÄ", "That is not the code of ÄIJÄ; nothing was approved. Ask them to read it out again.") in recorded
    assert ("reject", "done", "KARHU", "Väärä päivä") in recorded
    assert not any(re.search(r"ei |mitään|kutsutunnu|varmenne", about) for *_others, about in recorded)


def test_the_locale_is_enough(boss):
    make_person("KARHU", "medic", created=START)
    head, _boss, first = run("people", "list", "--sort", "callsign", LANG="fi_FI.UTF-8")[0].splitlines()
    assert head.split() == ["KUTSUTUNNUS", "TILA", "ROOLIT", "LUOTU", "MITÄTÖITY", "MITÄTÖINNIN", "SYY", "VANHENEE"]
    assert first.split()[:3] == ["KARHU", "voimassa", "medic"]


def test_what_programs_read_is_the_same_in_every_language(boss, cli, monkeypatch):
    make_enrollment("KARHU", created=START, pool=make_pool().pk)
    make_person("GONE", deleted=START, revoke_reason="keyCompromise", created=START)
    for command in [
        ("enrollments", "list", "--state", "all"),
        ("enrollments", "show", "KARHU"),
        ("enrollments", "reject", "KARHU", "NOBODY", "--dry-run", "--reason", "x"),
        ("people", "list", "--status", "all"),
        ("people", "show", "GONE"),
        ("pools", "list"),
        ("codes", "list"),
        ("roles", "list"),
        ("audit", "list"),
        ("audit", "verify"),
        ("effects", "list", "--all"),
        ("doctor",),
        ("info",),
        ("whoami",),
    ]:
        for form in ("json", "csv"):
            told = {}
            for language in ("en", "fi"):
                monkeypatch.setenv("RMTUI_LANG", language)
                done = cli(*command, "--format", form)
                told[language] = (done.code, re.sub(r"\d+ MiB|\b(\d+[smh]|now)\b", "", done.out))
            assert told["fi"] == told["en"], command


def test_why_an_effect_failed_is_recorded_in_english(finnish, cli, monkeypatch, tmp_path):
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"dns": "m.example.org", "products": {"tak": {"api": "http://127.0.0.1:9/", "certcn": "tak"}}}))
    monkeypatch.setenv("RM_KRAFTWERK_MANIFEST_PATH", str(manifest))
    code = cli("enrollments", "create", "KARHU", "--yes", "--format", "json", code=0).json["approvecode"]
    told = cli("enrollments", "approve", "KARHU", "--code", code, "--yes", "--format", "json", code=0)
    why = "Tuote tak (http://127.0.0.1:9) ei ole tavoitettavissa: yhteys torjuttiin."
    assert told.err.startswith(f"tak ei saanut vielä tietoa: KARHU. {why}")
    row = cli("effects", "list", "--format", "json").json[0]
    assert row == told.json["effects"][0]
    assert (row["event"], row["state"]) == ("created", "waiting")
    assert row["last_error"].startswith("The product tak (http://127.0.0.1:9) cannot be reached: the connection is refused.")
    assert cli("effects", "list").lines[1].split()[4:7] == ["KARHU", "luotu", "product:tak"]
    run = cli("effects", "run", "--now", "--yes")
    assert f"product:tak, luotu KARHU: {why}" in run.err


@pytest.mark.parametrize("answer", ["k", "Kyllä", "y", "yes"])
def test_questions_are_answered_in_either_language(finnish, terminal, answer):
    asked = terminal("enrollments", "create", "KARHU")
    asked.read("Tehdäänkö ilmoittautuminen kutsutunnukselle KARHU? [k/E] ")
    asked.type(f"{answer}\n")
    assert asked.end()[0] == 0


def test_no_is_what_anything_else_means(finnish, terminal):
    asked = terminal("enrollments", "create", "KARHU")
    asked.read("[k/E] ")
    asked.type("e\n")
    assert asked.end()[0] == 1
    assert "rmtui: Mitään ei muutettu." in asked.seen


def test_the_help_of_every_command_is_finnish():
    i18n.use("fi")
    for parser in parsers(build()):
        text = parser.format_help()
        assert text.startswith(f"käyttö: {parser.prog}")
        assert not ENGLISH.search(re.sub(r"--[a-z-]+|\b\w+:", "", text)), text


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["people", "list", "--status", "x"], "valitsin tai arvo --status: 'x' ei käy (vaihtoehdot: "),
        (["people", "reject"], "valitsin tai arvo KOMENTO: 'reject' ei käy (vaihtoehdot: "),
        (["enrollments", "show"], "nämä vaaditaan: KUTSUTUNNUS. Katso rmtui enrollments show --help."),
        (["enrollments", "reject", "KARHU"], "nämä vaaditaan: --reason. Katso "),
        (["audit", "list", "--limit", "x"], "valitsin tai arvo --limit: 'x' ei ole kokonaisluku. Katso "),
        (["audit", "list", "--limit"], "valitsin tai arvo --limit: tarvitaan yksi arvo. Katso "),
        (["people", "list", "--reverse=x"], "valitsin tai arvo --reverse: ylimääräinen arvo 'x'. Katso "),
        (["people", "list", "--expiring", "soon"], "valitsin tai arvo --expiring: PÄIVÄT on luku väliltä 0–99999. Katso "),
        (["enrollments", "list", "--filter", "x:"], "Suodatinta ”x:” ei ole"),
        (["enrollments", "reject"], "nämä vaaditaan: --reason"),
        (["people", "list", "--lang", "tlh"], "--lang on jokin näistä: en, fi."),
        (["people", "export", "--to", "x", "--filter", " "], "suodatin on tyhjä, ja se valitsisi kaikki"),
    ],
)
def test_mistakes_are_told_in_finnish(finnish, cli, argv, said):
    done = cli(*argv)
    assert done.err.startswith(f"rmtui: {said}")
    assert done.code in {1, 2}


@pytest.mark.parametrize(
    "message",
    [
        "argument --state: invalid choice: 'a: b' (choose from 'pending', 'all')",
        "the following arguments are required: CALLSIGN, --reason",
        "unrecognized arguments: --x {0} y",
        "something that argparse says from the next version on",
    ],
)
def test_in_english_a_mistake_is_told_as_argparse_does(message):
    with pytest.raises(usage.UsageError) as told:
        build().error(message)
    assert str(told.value) == f"{message}. See rmtui --help."
