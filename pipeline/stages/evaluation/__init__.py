"""Evaluation: how good a run or a version is, and how sure that is.

- `train_overlap`: which evaluated texts and labels training had.
- `stress`: harder sets made of the evaluated examples.
- `baseline`: a cheap reference model, scored on the same examples.
- `evaluate`: scores split by split, part by part.
- `score_tables`, `compare`: scores on the terminal, and paired comparisons of two models.
- `report`: a run as one HTML page.
"""
