"""Who signs in, and what each user may read and change."""
