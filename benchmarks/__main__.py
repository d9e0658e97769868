"""`python -m benchmarks`."""

from benchmarks.reporting import main
from benchmarks.run import ALL

main(*ALL)
