"""Reports in the shapes that readers and tools take: terminal, HTML, JSON, JUnit XML, SARIF.

A format is one function of a report and the submission's files (`interface.py`); `registry.py` names them all.
Formats hold no judgement: whatever they show was decided by `grader.scoring`.
"""
