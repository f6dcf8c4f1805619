#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/kvssink.md, which is made from the element, has every property that applications know (tests/data), with the
default and unit that the guide gives it."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \| (.*) \|$", re.MULTILINE)


class PropertiesTest(unittest.TestCase):
    def test_the_guides_are_there_as_the_guide_has_them(self):
        page = (ROOT / "docs" / "kvssink.md").read_text()
        table = page[page.index("\n## Properties\n"):page.index("\n## Pads\n")]
        ours = {name: (default, blurb) for name, _, default, _, blurb in ROW.findall(table)}
        lines = (ROOT / "tests" / "data" / "properties.csv").read_text().splitlines()
        for line in (line for line in lines if not line.startswith("#")):
            name, default, unit = line.split(",")[:3]
            self.assertIn(name, ours)
            told, blurb = ours[name]
            if default:
                self.assertEqual(told.strip('"').split(": ")[-1], default, name)
            if unit:
                self.assertTrue(blurb.endswith(f"({unit})"), f"{name}: {blurb}")


if __name__ == "__main__":
    unittest.main()
