#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lists the classes that have grown large: more than 25 functions or 15 data members.

    check_classes.py ROOM... -- COMPILER FLAG...

reads the sources in these folders as Clang does. Constructors, destructors and operators are not counted. What a
class keeps in private inner classes is its own, and counted with it; other inner classes stand for themselves.
A large class needs a reason: a line of the comment above it that begins with "Large because". Exit status 1 when
one has none.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from clang.cindex import AccessSpecifier, CursorKind, Diagnostic, Index, TranslationUnit

ROOT = pathlib.Path(__file__).resolve().parent.parent
MOST_FUNCTIONS = 25
MOST_MEMBERS = 15
REASON = re.compile(r"//+ *Large because ")
NO_REASON = "; the comment above it has no line \"Large because\""
A_CLASS = re.compile(r"^( *)(?:class|struct) \w[^;{]*\{\n(.*?)^\1\};", re.MULTILINE | re.DOTALL)

CLASSES = {CursorKind.CLASS_DECL, CursorKind.STRUCT_DECL, CursorKind.CLASS_TEMPLATE}
FUNCTIONS = {CursorKind.CXX_METHOD, CursorKind.FUNCTION_TEMPLATE}


def tracked(rooms, suffix):
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--",
         *(f"{room}/*{suffix}" for room in rooms)],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(name for name in set(listing.split()) if (ROOT / name).is_file())


def may_hold_a_large_class(source):
    """From its layout alone: every member and nearly every function of a class has a semicolon."""
    text = (ROOT / source).read_text(encoding="utf-8")
    return any(body.count(";") + body.count("{}") > MOST_MEMBERS for _, body in A_CLASS.findall(text))


def is_class(cursor):
    return cursor.kind in CLASSES and cursor.is_definition()


def is_inside(cursor):
    """Of a class: nobody but its outer class can name it."""
    return is_class(cursor) and (cursor.access_specifier == AccessSpecifier.PRIVATE or not cursor.spelling)


def size_of(cursor):
    """Functions and data members, with those of private inner classes."""
    functions = members = 0
    for child in cursor.get_children():
        if child.kind in FUNCTIONS:
            functions += not child.spelling.startswith("operator")
        elif child.kind == CursorKind.FIELD_DECL:
            members += 1
        elif is_inside(child):
            inner = size_of(child)
            functions, members = functions + inner[0], members + inner[1]
    return functions, members


def classes_in(cursor, names):
    """Every class that stands in one of these files and is counted by itself."""
    for child in cursor.get_children():
        if child.kind == CursorKind.NAMESPACE:
            yield from classes_in(child, names)
        elif is_class(child) and file_of(child) in names:
            yield child
            yield from (inner for inner in classes_in(child, names) if not is_inside(inner))


def file_of(cursor):
    return os.path.normpath(cursor.location.file.name) if cursor.location.file else ""


def full_name(cursor):
    outer = cursor.semantic_parent
    inside = outer is not None and (is_class(outer) or outer.kind in CLASSES)
    return f"{full_name(outer)}::{cursor.spelling}" if inside else cursor.spelling


def has_reason(cursor):
    """Whether the comment right above the class gives one."""
    lines = pathlib.Path(ROOT / file_of(cursor)).read_text(encoding="utf-8").splitlines()
    at = cursor.extent.start.line - 2
    while at >= 0 and lines[at].lstrip().startswith("//"):
        if REASON.search(lines[at]):
            return True
        at -= 1
    return False


def complain_of(unit):
    for problem in unit.diagnostics:
        # One without a place is libclang's own, about a type of the compiler that it has read twice.
        if problem.severity >= Diagnostic.Error and problem.location.file:
            sys.exit(f"{problem.location.file}:{problem.location.line}: {problem.spelling}")


def all_classes(rooms, flags):
    """The headers are read once, all together; then each source that may have a large one of its own, behind them."""
    headers = tracked(rooms, ".h")
    together = "".join(f'#include "{name}"\n' for name in headers)
    unit = Index.create().parse("all.h", ["-xc++-header", *flags], [("all.h", together)],
                                TranslationUnit.PARSE_INCOMPLETE)
    complain_of(unit)
    yield from classes_in(unit.cursor, set(headers))
    with tempfile.TemporaryDirectory() as folder:
        unit.save(f"{folder}/all.pch")
        index = Index.create(excludeDecls=True)
        for name in tracked(rooms, ".cpp"):
            if not may_hold_a_large_class(name):
                continue
            source = index.parse(name, [*flags, "-include-pch", f"{folder}/all.pch"],
                                 options=TranslationUnit.PARSE_SKIP_FUNCTION_BODIES)
            complain_of(source)
            yield from classes_in(source.cursor, {name})


def main():
    if "--" not in sys.argv[2:]:
        sys.exit(__doc__)
    split = sys.argv.index("--")
    unexplained = 0
    for cursor in all_classes(sys.argv[1:split], sys.argv[split + 1:]):
        functions, members = size_of(cursor)
        if functions <= MOST_FUNCTIONS and members <= MOST_MEMBERS:
            continue
        explained = has_reason(cursor)
        unexplained += not explained
        print(f"{file_of(cursor)}:{cursor.location.line}: {full_name(cursor)}: {functions} functions, "
              f"{members} members{'' if explained else NO_REASON}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
