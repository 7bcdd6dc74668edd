"""Generated from proto/annod/v1 by client/python/build_stubs."""
