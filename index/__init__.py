"""Everything that happens before a question: articles in, searchable index out."""
