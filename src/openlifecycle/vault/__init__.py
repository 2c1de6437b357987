"""The vault: takes a release in once, and proves ever after that it is still the same bytes."""
