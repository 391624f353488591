"""The columnar snapshot that analysis reads: Parquet beside the mirror, queried by DuckDB.

It is a copy of the items, their values, their statuses and iterations over time as they are at
one version of the mirror; it may be deleted at any time and is made anew when it is asked for.
"""
