"""What bench/steadiness makes of its measurements."""

import importlib.machinery
import importlib.util
import pathlib
import random
import unittest

PATH = pathlib.Path("bench/steadiness").resolve()


def load_script():
    loader = importlib.machinery.SourceFileLoader("steadiness", str(PATH))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("steadiness", loader))
    loader.exec_module(module)
    return module


steadiness = load_script()


class IntervalOfRatioTest(unittest.TestCase):
    def test_is_a_point_where_every_round_says_the_same(self):
        self.assertEqual(steadiness.interval_of_ratio([2.0] * 9, [3.0] * 9), [1.5, 1.5])

    def test_holds_the_ratio_and_narrows_with_more_rounds(self):
        draw = random.Random(3)

        def width(rounds):
            low, high = steadiness.interval_of_ratio(
                [draw.uniform(1, 2) for _ in range(rounds)],
                [2 * draw.uniform(1, 2) for _ in range(rounds)])
            self.assertLess(low, 2)
            self.assertGreater(high, 2)
            return high - low

        self.assertLess(width(400), width(20) / 2)


if __name__ == "__main__":
    unittest.main()
