"""`python -m fcformat` is the command `fcformat`."""

from __future__ import annotations

import sys

from fcformat.cli import main

sys.exit(main())
