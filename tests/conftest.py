"""Settings of all tests."""

from hypothesis import settings

# A busy machine is no failure: how long an example takes is for the benchmarks to say.
settings.register_profile("qwenlong", deadline=None)
settings.load_profile("qwenlong")
