"""One folder per publisher and series: what is known of each, as data."""
