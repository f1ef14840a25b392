"""The demo: an invented company's customers and ninety days of their requests, the same for everybody."""
