"""The interpreter that a measured piece runs in alone: `python -m benchmarks.isolated MODULE FUNCTION < arguments`."""

import sys

from benchmarks.measuring import call

if __name__ == "__main__":
    module, function = sys.argv[1:]
    print(call(module, function, sys.stdin.read()))
