"""The HTTP server: routes, limits, TLS, a graceful stop."""
