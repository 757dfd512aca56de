"""Language data and rules: stop words and sentence boundaries."""
