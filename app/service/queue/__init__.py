"""Which question is answered next, and what is being answered now."""
