"""Pages about people, groups and imports."""
