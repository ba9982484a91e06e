"""Saved filters over contacts: a small, closed language of conditions, kept as JSON and made into one condition of SQL.

A rule is `{"match": "all" | "any", "conditions": [...]}`. A condition is `{"fact": "field", "of": "city", "op": "is",
"value": "Puebla"}`, all texts; or, once, a rule of such conditions again. `language` says what a fact is, `people` has those
of contacts, floors above register their own at start-up, `rules` checks and compiles, `keeping` saves, counts and deletes.
"""
