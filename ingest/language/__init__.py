"""Facts about languages: stop words, and where sentences end."""
