"""Mutation testing of the candidate's code: ours beside mutmut and cosmic-ray, and against known-bad solutions."""
