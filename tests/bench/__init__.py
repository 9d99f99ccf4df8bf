"""Figures: what this costs, against what it is built on."""
