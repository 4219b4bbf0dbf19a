"""The model: what it is asked, what can be proved of it, and its outputs as floats."""
