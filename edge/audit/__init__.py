"""What was done at a site, in an append-only chain: every change of it is noticed."""
