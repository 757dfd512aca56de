"""What runs show: tables, plots, comparisons and reports."""
