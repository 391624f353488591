"""What each kind of endpoint does with the rows; `endpoints` says which path is of which kind."""
