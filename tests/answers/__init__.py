"""Questions and answers: the bitemporal choice, the measures, the formats."""
