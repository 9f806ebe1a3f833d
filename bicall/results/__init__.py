"""The page of results: what is measured, and how the page is written from the numbers."""
