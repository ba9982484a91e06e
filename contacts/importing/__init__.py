"""CSV files into contacts: reader (bytes to rows), headings (columns to fields), uploads (what staff do), worker (the work)."""
