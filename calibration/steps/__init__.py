"""The folder of a site: what a new one holds, and which step comes next."""
