"""The demo: a company that does not exist, with a past that ends now and a future that comes a thousand times faster."""
