"""Measure the models' work on corpora whose right answers are known."""
