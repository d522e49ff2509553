"""Where `ocpp-conformance` starts: what takes time is loaded where Ctrl-C is one line already."""

from __future__ import annotations

import sys
from typing import NoReturn

from harness import stopping


def main() -> NoReturn:
    """Runs the command line."""
    try:
        stopping.outlive_readers()
        from harness import cli

        cli.main()
    except KeyboardInterrupt:
        print("ocpp-conformance: stopped", file=sys.stderr)  # noqa: T201 - nothing else is loaded yet
        stopping.leave()
    except SystemExit as end:
        if end.code == stopping.STOPPED:
            stopping.leave()
        raise


if __name__ == "__main__":
    main()
