"""What a site may do: its [policy], the rules it is asked by, the notice for those who are seen."""
