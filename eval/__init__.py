"""Gold questions in, measured quality and speed out."""
