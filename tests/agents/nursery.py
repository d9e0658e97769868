"""Forks daemons from a process that has read their code already: a life begins in a moment.

`python -m tests.agents.nursery <configuration> <log>`: for each line of standard input a daemon is born, whose id is
printed, and its exit status when it has ended.
"""

import os
import sys

from collector.cli import main as run


def main(path, log):
    """Let one daemon live after the other."""
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 99
            try:
                os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), sys.stderr.fileno())
                code = run(["run", "-c", path])
            finally:
                sys.stderr.flush()
                os._exit(code)
        print(pid, flush=True)  # noqa: T201 - what the test reads
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
