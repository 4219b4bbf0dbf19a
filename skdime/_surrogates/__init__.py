"""Local fits of the model, on draws that rows share and on masks of a row."""
