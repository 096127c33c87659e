"""Print the most frequent error codes of the last hour of a log. See the brief."""

import sys


def main(argv: list[str]) -> int:
    raise NotImplementedError("write me")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
