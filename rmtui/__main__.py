"""``python -m rmtui`` is ``rmtui``."""

import sys

from rmtui.cli.main import main

sys.exit(main())
