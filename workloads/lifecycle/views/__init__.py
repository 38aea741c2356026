"""The pages of the lifecycle."""
