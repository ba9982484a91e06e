"""Reports as files: rows (one person, one row), sheets (Excel), paper (PDF), making (who makes them, and how long they stay)."""
