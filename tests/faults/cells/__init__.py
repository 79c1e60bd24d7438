"""The cells of the fault matrix (reliability section 6), group by group."""
