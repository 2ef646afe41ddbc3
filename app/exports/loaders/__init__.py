"""Scripts beside a night's files that load them with the right types, in R, Python, SAS, Stata, SPSS and DuckDB."""
