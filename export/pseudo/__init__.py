"""Few labels become more: rounds of guesses behind a policy, a gate and people who listen."""
