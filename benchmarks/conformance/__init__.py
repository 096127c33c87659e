"""Measures how many public test suites run unmodified when the code under test lives in another container."""
