"""Check the payments of a file, keep the good ones and put the others aside. See the brief."""

import sys


def main(argv: list[str]) -> int:
    raise NotImplementedError("write me")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
