"""From submitted code to a scored report: evidence, rubric, scoring, formats, pipeline."""
