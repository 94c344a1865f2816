"""A trial judged: what people noted beside what was read, against criteria set before."""
