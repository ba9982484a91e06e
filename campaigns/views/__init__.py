"""Pages about campaigns, and the first page."""
