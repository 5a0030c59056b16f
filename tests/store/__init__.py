"""The store against a model, against kill -9 and against damage."""
