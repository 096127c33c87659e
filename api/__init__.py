"""The outermost layer: command line (and, later, HTTP). Builds the concrete things and passes them in."""
