"""Training that can state how private it is, and training over several sites."""
