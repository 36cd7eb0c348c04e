"""Formulas: arrays in, Estimate out. No Study, no Dutch, no files."""
