"""Pages for people: templates, one style, one SVG drawer."""
