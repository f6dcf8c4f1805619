#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which cycles of includes scripts/check finds: those between headers, and those that lead through sources."""
import importlib.util
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("check_sources", ROOT / "scripts" / "check_sources.py")
check_sources = importlib.util.module_from_spec(spec)
spec.loader.exec_module(check_sources)


def cycles(**includes):
    """`a_h="b.h"` says that a.h includes b.h. Answers the sources and the headers of each cycle."""
    def file(name):
        return ROOT / "room" / name.replace("_h", ".h").replace("_cpp", ".cpp")
    graph = {file(name): [ROOT / "room" / header for header in headers.split()] for name, headers in includes.items()}
    for header in [header for headers in graph.values() for header in headers]:
        graph.setdefault(header, [])
    found = check_sources.include_cycles(graph, check_sources.modules(graph))
    return [[(source.name, header.name) for source, header in steps] for _, steps in found]


class Cycles(unittest.TestCase):
    def test_includes_that_go_downward_are_no_cycle(self):
        self.assertEqual(cycles(a_cpp="a.h b.h", b_cpp="b.h c.h", a_h="c.h"), [])

    def test_headers_that_include_each_other(self):
        self.assertEqual(cycles(a_h="b.h", b_h="a.h"), [[("a.h", "b.h"), ("b.h", "a.h")]])

    def test_sources_that_include_each_others_headers(self):
        self.assertEqual(cycles(a_cpp="a.h b.h", b_cpp="b.h a.h"), [[("a.cpp", "b.h"), ("b.cpp", "a.h")]])

    def test_a_way_back_over_several_modules(self):
        self.assertEqual(cycles(a_cpp="a.h b.h", b_h="c.h", c_cpp="c.h a.h"),
                         [[("a.cpp", "b.h"), ("b.h", "c.h"), ("c.cpp", "a.h")]])

    def test_a_source_without_a_header_belongs_to_the_header_whose_name_it_begins_with(self):
        self.assertEqual(cycles(a_events_cpp="a.h b.h", b_cpp="b.h a.h"),
                         [[("a_events.cpp", "b.h"), ("b.cpp", "a.h")]])

    def test_a_private_header_belongs_to_its_module(self):
        self.assertEqual(cycles(a_cpp="a.h a_impl.h", a_impl_h="a.h"), [])

    def test_a_source_that_is_nobody_s_may_include_all(self):
        self.assertEqual(cycles(main_cpp="a.h b.h", a_cpp="a.h b.h"), [])

    def test_rooms_that_include_each_other(self):
        graph = {ROOT / "producer-core" / "mkv" / "a.cpp": [ROOT / "producer-core" / "store" / "b.h"],
                 ROOT / "producer-core" / "store" / "c.cpp": [ROOT / "producer-core" / "mkv" / "d.h"]}
        found = list(check_sources.include_cycles(graph, check_sources.room_of))
        self.assertEqual([way for way, _ in found], [["mkv", "store", "mkv"]])


if __name__ == "__main__":
    unittest.main()
