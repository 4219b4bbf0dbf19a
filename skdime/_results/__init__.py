"""Decompositions and explanations, and how they are shown and stored."""
