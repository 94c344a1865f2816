"""The workstation: recordings in, INT8 bundle out. torch lives only here."""
