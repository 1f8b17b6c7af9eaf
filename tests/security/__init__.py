from . import test_fuzz
