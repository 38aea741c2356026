"""Assay, the site: composition root at the top, foundation at the bottom."""
