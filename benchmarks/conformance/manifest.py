"""The manifest: which public collections are measured, and how each is split.

A collection is looked for in the folder of its name below the one that the user names. What is not there is
reported as missing; nothing is ever downloaded, and none of this third-party code is kept in the repository.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.conformance.adapters import (
    Adapter,
    corrected,
    exercism,
    hand_in,
    importing_from_top,
    library,
    package_per_folder,
    packages_with_tests,
    tests_beside_code,
)


@dataclass(frozen=True)
class Collection:
    """`repository` is the public name, `folder` where its checkout is expected, `adapter` how it is split."""

    repository: str
    folder: str
    adapter: Adapter

    @property
    def kind(self) -> str:
        """Exercises are what take-homes look like; libraries are there to find where the bridge ends."""
        return "libraries" if self.folder in LIBRARIES else "exercises"


VERSION = {"_version.py": b'__version__ = version = "0"\n'}
"""What the build of some libraries writes into the package; their code imports it."""

COLLECTIONS = (
    Collection("exercism/python", "exercism", exercism),
    Collection(
        "Kode-Rex/tddbuddy-reference-katas", "tddbuddy-reference-katas", package_per_folder("*/python")
    ),
    Collection("keon/algorithms", "algorithms", library("algorithms", "tests")),
    Collection("TheAlgorithms/Python", "thealgorithms", importing_from_top),
    Collection("OmkarPathak/pygorithm", "pygorithm", library("pygorithm", "tests")),
    Collection("faif/python-patterns", "python-patterns", library("patterns", "tests")),
    Collection("trekhleb/learn-python", "learn-python", tests_beside_code),
    Collection("pybites/challenges", "challenges", tests_beside_code),
    Collection("fluentpython/example-code-2e", "example-code-2e", tests_beside_code),
    Collection("PacktPublishing/Clean-Code-in-Python", "Clean-Code-in-Python", tests_beside_code),
    Collection("realpython/materials", "materials", tests_beside_code),
    Collection("geekcomputers/Python", "geekcomputers", tests_beside_code),
    Collection("emilybache/Tennis-Refactoring-Kata", "Tennis-Refactoring-Kata", tests_beside_code),
    Collection("emilybache/Yatzy-Refactoring-Kata", "Yatzy-Refactoring-Kata", tests_beside_code),
    Collection("emilybache/Racing-Car-Katas", "Racing-Car-Katas", tests_beside_code),
    Collection("rootulp/exercism", "rootulp-exercism", tests_beside_code),
    Collection("petrem/exercism", "petrem-exercism", tests_beside_code),
    Collection("IsaacG/exercism-solutions", "exercism-solutions", tests_beside_code),
    Collection(
        "jkoppel/QuixBugs",
        "QuixBugs",
        corrected(
            "python_programs",
            "correct_python_programs",
            "python_testcases",
            aids=("json_testcases", "conftest.py"),
        ),
    ),
    Collection("nryoung/algorithms", "nryoung-algorithms", library("algorithms", "tests")),
    Collection("laurentluce/python-algorithms", "python-algorithms", importing_from_top),
    Collection("zhendrikse/tdd", "zhendrikse-tdd", tests_beside_code),
    Collection(
        "Tomas-Tamantini/advent-of-code-python",
        "advent-of-code-python",
        packages_with_tests("models/aoc_*/a*", common="models"),
    ),
    Collection("integrallis/rgrbench", "rgrbench", hand_in("src")),
    Collection("vinta/fuck-coding-interviews", "fuck-coding-interviews", hand_in()),
    Collection("ArjanCodes/examples", "arjancodes-examples", tests_beside_code),
    Collection("aosabook/500lines", "500lines", tests_beside_code),
    Collection("ikostan/python", "ikostan-exercism", tests_beside_code),
    Collection("smeruelo/coding-challenges", "coding-challenges", tests_beside_code),
    Collection("Allan690/algos", "Allan690-algos", hand_in()),
    Collection("CRadley/DSA", "CRadley-DSA", hand_in()),
    Collection("breid48/cacheing", "cacheing", hand_in()),
    Collection("nayakshweta/parking_lot", "nayakshweta-parking-lot", hand_in()),
    Collection("imaskm/parking_lot", "imaskm-parking-lot", hand_in()),
    Collection("joeljebitto-dev/parking-lot-python-cli", "parking-lot-python-cli", hand_in()),
    Collection("sreeram-dev/qcells-assignment", "qcells-assignment", hand_in()),
    Collection(
        "RaviThejaReddy/Tensoriot-Backend-Python-Coding-Challange",
        "Tensoriot-Backend-Python-Coding-Challange",
        hand_in(),
    ),
    Collection("AramSimonian/bank_tech_test_python", "bank_tech_test_python", hand_in()),
    Collection("adabismail/lru_cache", "adabismail-lru-cache", hand_in()),
    Collection(
        "UlsanCollege-English/week-3-lru-image-cache-dll-dict-ualsom",
        "week-3-lru-image-cache-dll-dict-ualsom",
        hand_in(),
    ),
    Collection("alexisprince1994/vending-machine", "vending-machine", hand_in()),
    Collection("lplclaremont/vending-machine-challenge", "vending-machine-challenge", hand_in()),
    Collection("sheridan-python/oop_vending_machine_solution", "oop_vending_machine_solution", hand_in()),
    Collection("andlaf-ak/shopping-cart", "shopping-cart", hand_in("src")),
    Collection("deankiwi/shoppingCartKata", "shoppingCartKata", hand_in()),
    Collection("Shokr/SupermarketReceipt-Refactoring-Kata-Python", "SupermarketReceipt-Shokr", hand_in()),
    Collection("JesusDBS/swap-meet-app", "swap-meet-app", hand_in()),
    Collection("Viktoria2609/adagrams-py", "adagrams-py", hand_in()),
    Collection("rhnvrm/mini-projects", "mini-projects", hand_in("test_driven_dev")),
    Collection("AngusWG/simple-event-bus", "simple-event-bus", hand_in()),
    Collection("AhsanSheraz/pyresilience", "pyresilience", hand_in("src")),
    Collection("mahmoud/boltons", "boltons", library("boltons", "tests")),
    Collection("pytoolz/toolz", "toolz", library("toolz", "toolz/tests")),
    Collection("more-itertools/more-itertools", "more-itertools", library("more_itertools", "tests")),
    Collection(
        "grantjenks/python-sortedcontainers",
        "python-sortedcontainers",
        library("sortedcontainers", "tests", inside="src"),
    ),
    Collection("jpvanhal/inflection", "inflection", library("inflection", "test_inflection.py")),
    Collection("tobgu/pyrsistent", "pyrsistent", library("pyrsistent", "tests")),
    Collection("r1chardj0n3s/parse", "parse", library("parse.py", "tests")),
    Collection(
        "python-humanize/humanize", "humanize", library("humanize", "tests", inside="src", built=VERSION)
    ),
    Collection("astanin/python-tabulate", "python-tabulate", library("tabulate", "test")),
    Collection("tkem/cachetools", "cachetools", library("cachetools", "tests", inside="src")),
    Collection("keleshev/schema", "schema", library("schema", "test_schema.py")),
    Collection("Suor/funcy", "funcy", library("funcy", "tests")),
    Collection("dbader/schedule", "schedule", library("schedule", "test_schedule.py")),
    Collection("mewwts/addict", "addict", library("addict", "test_addict.py")),
    Collection("docopt/docopt", "docopt", library("docopt.py", "test_docopt.py")),
    Collection("jd/tenacity", "tenacity", library("tenacity", "tests")),
    Collection("litl/backoff", "backoff", library("backoff", "tests")),
    Collection("cosmicpython/code", "cosmicpython", library("allocation", "tests/unit", inside="src")),
)

LIBRARIES = frozenset(
    "addict backoff boltons cachetools docopt funcy humanize inflection more-itertools parse pyresilience pyrsistent "
    "python-sortedcontainers python-tabulate schedule schema tenacity toolz".split()
)
"""Folders of the collections that are the test suites of published libraries."""
