"""What comes out: decompositions and explanations, and how they are shown and stored."""
