"""Applicant tracking systems that send take-homes to candidates, and are told when a result is there."""
