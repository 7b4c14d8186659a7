"""The binding generator: api/<name>/api.json in, typed Python for both ends of a connection out."""
