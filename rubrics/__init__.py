"""The take-homes that ship with the grader: one folder each, data only. `grader.takehome` reads them."""
