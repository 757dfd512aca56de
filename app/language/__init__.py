"""Words, numbers, dates and names in a form in which two texts can be compared."""
