"""Disentangler and LocalExplainer, what they cost, and explaining many rows in batches."""
