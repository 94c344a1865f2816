"""A trial before production: readings are logged, nothing is shown or sent, people's verdicts join."""
