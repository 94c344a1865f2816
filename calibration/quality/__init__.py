"""What a site's recordings hold and lack: amounts, leaks between two sides, shortcuts to a label."""
