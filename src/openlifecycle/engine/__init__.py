"""Where questions run: Ibis expressions on DuckDB over the Parquet rows (docs/rooms/engine.md)."""
