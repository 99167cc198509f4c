"""The link that an invite is handed on as."""

from __future__ import annotations

import re
from urllib.parse import quote

from rmtui import settings
from rmtui.db import manifest
from rmtui.errors import ConfigurationError
from rmtui.i18n import later, tr
from rmtui.text import plain

__all__ = ["NoJoinLink", "join_link"]

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}(?::|$)){_LABEL}(?:\.{_LABEL})*(?::[1-9][0-9]{{0,4}})?")


class NoJoinLink(ConfigurationError):
    """Nothing says where the deployment's web page is."""

    title = later("No link")


def join_link(code: str) -> str:
    """What a person opens to come through an invite: ``https://<dns>/login?code=<invite code>``, where the web page takes the code from.

    ``RMTUI_JOIN_URL`` says which page it is, or with ``{code}`` the whole link; without it the manifest's ``dns`` does.

    :raises NoJoinLink: nothing says where the page is.
    :raises ConfigurationError: the manifest cannot be read, or its ``dns`` is no host name.
    """
    page, escaped = settings.current().join_url or _page(), quote(code, safe="", errors="replace")
    return page.replace("{code}", escaped) if "{code}" in page else f"{page.rstrip('/')}/login?code={escaped}"


def _page() -> str:
    found = manifest.read(tr("the join link is not known"))
    if found is None or not found.dns:
        raise NoJoinLink(
            tr(
                "There is no join link, since nothing says where the deployment's web page is; the invite code itself is "
                "what to hand on. For a link, set RMTUI_JOIN_URL, join_url in config.toml, or RM_KRAFTWERK_MANIFEST_PATH "
                "with a manifest that has dns."
            )
        )
    if not _HOST.fullmatch(found.dns) or int(found.dns.partition(":")[2] or 0) > 65535:
        raise ConfigurationError(
            tr(
                "The manifest's dns is “{dns}”, which is no host name, so the join link is not known. Check "
                "RM_KRAFTWERK_MANIFEST_PATH, or set RMTUI_JOIN_URL.",
                dns=plain(found.dns, 80),
            )
        )
    return f"https://{found.dns}"
