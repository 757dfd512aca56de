"""Text normalisation: words, numbers, dates and names in comparable forms."""
