"""What the fields of results are called in text; JSON and CSV have the names as they are."""

from __future__ import annotations

from rmtui.i18n import later, tr

__all__ = ["title"]

NAMES = (
    *(later("callsign"), later("state"), later("created"), later("decided on"), later("decided by"), later("pool"), later("csr")),
    *(later("pk"), later("problem"), later("reason"), later("csr details"), later("csr fingerprint"), later("looks like")),
    *(later("being approved by"), later("extra"), later("history"), later("approvecode"), later("person"), later("serial")),
    *(later("not after"), later("files"), later("id"), later("at"), later("operator"), later("proof"), later("surface"), later("action")),
    *(later("target"), later("outcome"), later("about"), later("details"), later("os user"), later("host"), later("from")),
    *(later("ssh connection"), later("signed"), later("program"), later("hash"), later("target pk"), later("ok"), later("entries")),
    *(later("invite"), later("skipped")),
    *(later("head"), later("log"), later("compared with log"), later("signers checked against ca"), later("entry"), later("kind")),
    *(later("line"), later("detail"), later("would"), later("file"), later("key"), later("fingerprint"), later("start"), later("for")),
    *(later("age"), later("created by"), later("used on"), later("used by"), later("burnt"), later("deleted"), later("code")),
    *(later("database"), later("data dir"), later("made"), later("admin"), later("pfx"), later("crl"), later("ca chain"), later("event")),
    *(later("attempts"), later("next try"), later("done on"), later("last error"), later("failing"), later("done"), later("failed")),
    *(later("unreachable"), later("status"), later("roles"), later("revoked on"), later("revoke reason"), later("expires")),
    *(later("approved by"), later("approved on"), later("certspath"), later("subject"), later("issuer"), later("not before")),
    *(later("certificate problem"), later("effects"), later("superseded"), later("serials"), later("path"), later("form"), later("owner")),
    *(later("active"), later("pending"), later("approved"), later("rejected"), later("pending callsigns"), later("approved callsigns")),
    *(later("rejected callsigns"), later("link"), later("role"), later("members"), later("group"), later("note"), later("source")),
    *(later("may"), later("until"), later("version"), later("place"), later("ready"), later("read only"), later("data dir here")),
    *(later("config file"), later("authority"), later("key type"), later("certificate hours"), later("manifest"), later("join url")),
    *(later("state dir"), later("audit log"), later("signin required"), later("operator problem"), later("people")),
)
"""Names of fields, for the catalogues."""

WORDS = (
    *(later("done"), later("refused"), later("failed"), later("left")),
    *(later("none"), later("certificate"), later("code"), later("token")),
)
"""Words of data that a field holds, how something ended and who proved themselves how; shown as ``tr(word)``."""


def title(name: str) -> str:
    """What a field is called: ``decided_by`` is ``decided by``."""
    return tr(name.replace("_", " "))
