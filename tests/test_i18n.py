"""Every message has its translation, and a translation asks for the same values."""

from __future__ import annotations

import ast
import datetime as dt
import re
import string
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Message

import catalogues
from rmtui import clock, i18n
from rmtui.cli.language import chosen
from rmtui.db.errors import NotFound
from rmtui.errors import ConfigurationError, UnreachableError

EVERY = [(language, area) for language in catalogues.languages() for area in catalogues.areas()]


def _messages(language: str, area: str) -> list[Message]:
    return [message for message in catalogues.stored(language, area) if message.id]


def _fields(text: str) -> set[str | None]:
    return {field for _literal, field, _spec, _conversion in string.Formatter().parse(text)} - {None}


class TestCatalogues:
    @pytest.mark.parametrize(("language", "area"), EVERY)
    def test_has_each_message_of_the_code_and_no_other(self, language: str, area: str) -> None:
        """When it fails: ``python tests/catalogues.py``, and translate what is new."""
        assert {message.id for message in catalogues.extracted(area)} - {""} == {message.id for message in _messages(language, area)}

    @pytest.mark.parametrize(("language", "area"), EVERY)
    def test_no_translation_is_missing_or_a_guess(self, language: str, area: str) -> None:
        assert catalogues.missing(catalogues.stored(language, area)) == []
        assert [message.id for message in _messages(language, area) if message.fuzzy] == []

    @pytest.mark.parametrize(("language", "area"), EVERY)
    def test_a_translation_has_the_values_of_its_message(self, language: str, area: str) -> None:
        for message in _messages(language, area):
            said = [message.id] if isinstance(message.id, str) else list(message.id)
            told = [message.string] if isinstance(message.string, str) else list(message.string)
            wanted = set().union(*map(_fields, said))
            for text in told:
                assert _fields(text) - {"n"} == wanted - {"n"}, message.id

    @pytest.mark.parametrize(("language", "area"), EVERY)
    def test_the_compiled_catalogue_is_current(self, language: str, area: str) -> None:
        path = catalogues.LOCALE / language / f"{area}.mo"
        if _messages(language, area):
            assert path.read_bytes() == catalogues.as_mo(catalogues.stored(language, area))
        else:
            assert not path.exists()

    @pytest.mark.parametrize("language", catalogues.languages())
    def test_what_two_areas_say_is_translated_alike(self, language: str) -> None:
        known: dict[object, object] = {}
        for area in catalogues.areas():
            for message in _messages(language, area):
                assert known.setdefault(message.id, message.string) == message.string, message.id


def test_revoking_is_never_called_closing() -> None:
    """Whoever revokes by closing a dialog cannot take it back; the list alone is called as X.509 does."""
    for area in catalogues.areas():
        for message in _messages("fi", area):
            if "revoke" in str(message.id).casefold():
                assert re.search(r"\bsul(j|ke|ki)", str(message.string).casefold()) is None, message.string


@pytest.mark.parametrize("area", catalogues.areas())
def test_every_message_is_seen_by_the_extractor(area: str) -> None:
    """It misses one inside an f-string, or deep inside another: give that a name first."""
    known = {text for message in catalogues.extracted(area) for text in ([message.id] if isinstance(message.id, str) else message.id)}
    for path in catalogues.files(area):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in catalogues.KEYWORDS and node.args:
                assert _said(node.args[0]) is None or _said(node.args[0]) in known, f"{path}:{node.lineno}"


def test_only_whole_sentences_can_be_translated() -> None:
    """An f-string is put together before a catalogue could be asked."""
    for path in catalogues.PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in catalogues.KEYWORDS and node.args:
                assert not isinstance(node.args[0], (ast.JoinedStr, ast.BinOp)), f"{path}:{node.lineno}"
            if isinstance(node, ast.JoinedStr):  # what stands in one is not extracted either
                for inner in ast.walk(node):
                    called = isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id in catalogues.KEYWORDS
                    assert not (called and isinstance(inner.args[0], ast.Constant)), f"{path}:{node.lineno}"


CONVERTED = {"core", "pki", "auth", "db", "services", "cli", "dialogs", "tui"}
"""The areas in which every text for the operator asks the catalogues."""

ALLOWED = {
    "auth/origin.py": {"{} (sudo: {})", "uid {}"},  # told in the trail
    "auth/permissions.py": {"issue codes", "manage invites"},  # names; what is shown stands beside them
    "auth/proving.py": {"rmtui {}, {}@{}"},  # stored with the code
    "voice.py": None,  # words of the radio alphabets
    "cli/main.py": {"rmtui: {}", "rmtui {}\n"},
    "db/config.py": {"local socket"},  # a part of a database's name
    "db/connecting.py": {
        *("password authentication failed", "authentication failed", "no password supplied"),
        *("does not exist", "is not there", "no pg_hba.conf entry"),
    },  # what PostgreSQL says
    "db/migrations/0002_chained_audit.py": None,  # SQL
    "db/states.py": {"in state {}"},  # data
    "db/verification.py": {' {} ORDER BY "id" LIMIT '},
    "services/doctor/grave.py": {"The callsign breaks the rules: {}."},  # kept in the history
    "services/codes.py": {"rmtui {}, {}@{}", "making an admin"},  # stored with the code, and in the trail
    "services/enrollments.py": {"EC P-256", "RSA {}"},
    "services/requests.py": {"-----BEGIN CERTIFICATE REQUEST-----\n{}-----END CERTIFICATE REQUEST-----\n"},
    "services/setup.py": {"the admin"},  # how the English of an entry begins
    "services/sample.py": None,  # a trail
    "services/sheets.py": None,  # in both languages whoever prints them
    "services/signin.py": {"making an admin"},  # in the trail
    "tui/dialogs/base.py": {"Input, Button, Ticks"},  # selectors and classes
    "tui/dialogs/rollcall.py": {"ask hint", "result hint"},
    "pki/embedded.py": {"{} root CA", "{} issuing CA"},  # names in certificates
    "pki/files.py": {"not a directory", "taken back"},  # an OSError's own text, told by its number; a participle
    "pki/keys.py": {"RSA {}", "EC {}"},
    "pki/mutual_tls.py": {"RM_MTLS_CLIENT_CERT_PATH, RM_MTLS_CLIENT_KEY_PATH"},
    "tui/colours.py": None,  # colours
    "tui/facts.py": {"rmtui {}"},
    "tui/notice.py": {"rmtui {}"},
    "tui/panes/invites.py": {"pool:{} state:all"},  # a filter
    "tui/panes/roles.py": {"side narrow"},  # CSS
    "tui/room.py": {"NoRoom { layer: _loading; dock: top; width: 100%; height: 100%; background: $background; color: $foreground; }"},
    "tui/screens/help.py": {"Page down", "PgUp PgDn"},  # a key that is not shown; keys
    "tui/screens/signin.py": {"Input, Button"},
    "tui/widgets/palette.py": {"not bold"},
    "tui/widgets/qrcode.py": {"QRCode { width: auto; height: auto; }"},
    "tui/keymap.py": {"GNU screen"},  # a program
}
"""Texts of a file that no operator reads as a sentence, a value written ``{}``; None for all of them."""

SENTENCE = re.compile(r"[A-Za-z]{2,}[,;:.]? [A-Za-z(“{]|[)}] [a-z]{2,}")
SQL = re.compile(r"(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|WHERE|CASE|SET|PRAGMA|-c) ")
NOT_SHOWN = {"AssertionError", "AttributeError", "KeyError", "OSError", "RuntimeError", "TypeError", "ValueError", "compile", "execute_sql"}


def _said(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def _told_apart(node: ast.AST) -> bool:
    """Whether what stands in a node goes to the catalogues, to a log, to programmers or to a database."""
    if isinstance(node, ast.Call):
        function = node.func
        name = function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
        logged = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "logger"
        return logged or name in NOT_SHOWN or name in catalogues.KEYWORDS
    return isinstance(node, ast.Compare) or (isinstance(node, ast.FunctionDef) and node.name == "__repr__")


def unconverted(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The texts of a piece of code that look like a sentence and ask no catalogue."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # a docstring
        told = child
        if isinstance(child, ast.Assign) and isinstance(node, ast.ClassDef) and isinstance(child.targets[0], ast.Name):
            told = child.value if child.targets[0].id == "title" else child  # an error's, which may be one word
        text = _said(told)
        if text is not None and (told is not child or SENTENCE.search(text)) and not SQL.match(text):
            yield child.lineno, text
        elif not _told_apart(child):
            yield from unconverted(child)
        elif isinstance(child, ast.Call):
            for value in child.keywords:
                yield from unconverted(value)


@pytest.mark.parametrize("area", sorted(CONVERTED))
def test_no_text_of_a_converted_area_stays_english(area: str) -> None:
    found = []
    for path in catalogues.files(area):
        name = path.relative_to(catalogues.PACKAGE).as_posix()
        allowed = ALLOWED.get(name, set())
        if allowed is not None:
            found += [f"{name}:{line}: {text}" for line, text in unconverted(ast.parse(path.read_text("utf-8"))) if text not in allowed]
    assert found == []


class TestChoosing:
    @pytest.mark.parametrize(
        ("argv", "env", "language"),
        [
            ([], {}, "en"),
            ([], {"LANG": "fi_FI.UTF-8"}, "fi"),
            ([], {"LANG": "sv_FI.UTF-8"}, "en"),
            ([], {"LANG": "C"}, "en"),
            ([], {"LANG": "en_GB.UTF-8", "LC_ALL": "fi_FI"}, "fi"),
            ([], {"LANG": "fi_FI.UTF-8", "RMTUI_LANG": "en"}, "en"),
            (["people", "list", "--lang", "fi"], {"RMTUI_LANG": "en"}, "fi"),
            (["--lang=en"], {"LANG": "fi_FI"}, "en"),
            (["--", "--lang", "fi"], {}, "en"),
        ],
    )
    def test_option_then_environment_then_locale(self, argv: list[str], env: dict[str, str], language: str) -> None:
        assert chosen(argv, env) == language

    @pytest.mark.parametrize(("argv", "env"), [(["--lang", "tlh"], {}), ([], {"RMTUI_LANG": "klingon"})])
    def test_a_language_that_there_is_not_is_told(self, argv: list[str], env: dict[str, str]) -> None:
        with pytest.raises(ConfigurationError, match="is one of en, fi"):
            chosen(argv, env)


class TestTranslating:
    def test_english_is_what_the_code_says(self) -> None:
        assert i18n.tr("{who} is in.", who="KARHU") == "KARHU is in."
        assert i18n.trn("{n} person", "{n} people", 1) == "1 person"
        assert i18n.trn("{n} person", "{n} people", 2) == "2 people"

    def test_a_value_is_never_taken_for_a_message(self) -> None:
        assert i18n.tr("{who} is in.", who="{0.__class__}") == "{0.__class__} is in."
        assert i18n.tr("no {values} at all") == "no {values} at all"

    def test_a_text_remembers_its_english(self) -> None:
        """What is stored is stored in English, whoever wrote it."""
        i18n.use("fi")
        inner = NotFound(i18n.tr("Not done"))
        outer = i18n.tr("<{why}>", why=inner.sentence)
        assert inner.sentence == "Ei tehty" != str(inner) == i18n.english(inner.sentence) == "Not done"
        assert (outer, i18n.english(outer)) == ("<Ei tehty>", "<Not done>")
        assert i18n.english("anything else") == "anything else"

    def test_an_error_without_a_sentence_has_its_title(self) -> None:
        i18n.use("fi")
        assert UnreachableError().sentence == "Ei vastaa"
        assert str(UnreachableError()) == "Not reachable"

    def test_times_are_as_they_are_written_there(self) -> None:
        when = dt.datetime(2026, 11, 4, 18, 52, 3, tzinfo=dt.UTC)
        assert clock.stamp(when) == "2026-11-04 18:52:03Z"
        i18n.use("fi")
        assert clock.stamp(when) == "04.11.2026 18.52.03 UTC"
        assert i18n.english(clock.stamp(when)) == "2026-11-04 18:52:03Z"
        assert clock.age(when, when + dt.timedelta(days=34)) == "34pv"
        assert clock.age(when, when + dt.timedelta(days=35)) == "5vk"

    def test_nothing_stays_nothing(self) -> None:
        i18n.use("fi")
        assert i18n.tr("") == ""
