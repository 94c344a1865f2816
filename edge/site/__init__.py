"""A site's own folder: what it begins with (templates), and what comes next."""
