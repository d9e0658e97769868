"""`python -m collector` is `tunnelwatch`."""

import sys

from collector.cli import main

sys.exit(main())
