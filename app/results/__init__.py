"""The grid of moments: which rows there are, how they are laid out and drawn, and their pictures."""
