"""The layout of the site, its components, and the pages that belong to no area."""
