"""Pages about accounts, lines, links, conversations, messages and decisions."""
