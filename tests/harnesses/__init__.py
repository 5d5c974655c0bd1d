"""Each adapter of `qwenlong.integrations` in its real framework; `make test-harnesses` makes the environments."""
