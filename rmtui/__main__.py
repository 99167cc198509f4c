"""``python -m rmtui`` is ``rmtui``, and both begin here."""

from __future__ import annotations

import atexit
import sys

from rmtui import signals

__all__ = ["main"]


def main() -> int:
    """Run a command. A signal that comes before what can tell it is loaded waits for that; Python itself tells of none."""
    atexit.register(signals.hold)  # while Python takes itself down, nobody can tell it any more
    signals.hold()
    from rmtui.cli.main import main as run
    from rmtui.errors import EXIT_INTERRUPTED

    try:
        return run()
    except KeyboardInterrupt:  # a second one, while the first was told
        return EXIT_INTERRUPTED
    finally:
        signals.over(EXIT_INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
