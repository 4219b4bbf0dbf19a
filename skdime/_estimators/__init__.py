"""The two estimators, what they cost, and explaining many rows in batches."""
