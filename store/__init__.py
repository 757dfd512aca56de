"""Documents kept: the catalogue, the vectors, and search over both."""
