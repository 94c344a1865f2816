"""Who agreed to what at a site: the file of consents, the form to sign."""
