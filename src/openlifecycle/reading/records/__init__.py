"""Record tables: the released rows of one event kind each, read into one typed Parquet file."""
