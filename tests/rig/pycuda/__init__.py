"""A pycuda without a GPU: what the tests need of it, and it minds threads, contexts and order."""
