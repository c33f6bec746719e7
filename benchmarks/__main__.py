"""`python -m benchmarks`: the engine beside its peers, then the service beside a bare endpoint."""

import sys

from benchmarks import engine, service


def main() -> int:
    """Measure both; 1 where an exact peer disagrees with the engine. A goal that is missed is only printed."""
    differs = engine.main()
    print()
    return max(differs, service.main())


if __name__ == "__main__":
    sys.exit(main())
