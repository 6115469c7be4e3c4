"""Writing a review (or a report) for a terminal, a pull request, a browser, a program."""
