"""What is fitted to a site, and the judgement by people left out."""
