"""Local fits of the model: on draws that rows share, masks of a row, coalitions."""
