"""Everything that happens after a question: evidence, draft, grounding, answer."""
