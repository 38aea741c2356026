"""What the simulated models can do, one file for each skill."""
