"""Questions over a table: cells as values, a small query, and the value that it computes."""
