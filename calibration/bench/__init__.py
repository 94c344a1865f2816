"""The page of `edge bench --sustained`."""
