"""The starter set: data only; README.md beside this file says what it is and how it was made."""
