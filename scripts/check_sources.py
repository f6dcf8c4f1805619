#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that reading the sources can check; scripts/check runs them.

    check_sources.py includes|license|links|citations|origins|packages...

prints each offence; exit status 1 when there is one.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORE = ROOT / "producer-core"
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)

# What a file of a room may include, as prefixes of the path below producer-core; its own room always.
# gst and the examples see what an application sees: the headers that are installed ("public").
MAY_INCLUDE = {
    "base": [],
    "media": ["base/"],
    "mkv": ["base/"],
    "store": ["base/"],
    "net": ["base/"],
    # The network by Transport alone; credentials also need timers, and the worker for files and programs.
    "aws": ["base/", "net/transport.h", "net/loop.h", "net/fd.h"],
    # Frames become fragments on one side of the store, and fragments travel on the other; neither side knows the other.
    "intake": ["base/", "store/", "mkv/", "media/", "producer.h"],
    "upload": ["base/", "store/", "mkv/", "aws/", "net/", "producer.h"],
    "stream": ["intake/", "upload/", "base/", "store/", "mkv/", "media/", "aws/", "net/", "producer.h"],
    # The Producer Client proves the face: it has nothing else.
    "client": ["base/", "producer.h"],
    "producer.h": ["public"],
    # The element: pads put in what came, report/ says what became of it, and neither knows the element's life.
    "gst/logging": ["public"],
    "gst/glib": ["public", "gst/logging/"],
    "gst/threads": ["public", "gst/glib/", "gst/logging/"],
    "gst/caps": ["public", "gst/glib/"],
    "gst/settings": ["public", "gst/caps/", "gst/glib/", "gst/logging/"],
    "gst/report": ["public", "gst/threads/", "gst/glib/", "gst/logging/"],
    "gst/pads": ["public", "gst/caps/", "gst/settings/", "gst/report/", "gst/threads/", "gst/glib/", "gst/logging/"],
    "gst": ["public", "gst/"],
    "examples": ["public"],
    # The local service has rooms of its own, and knows nothing of the core, which it is there to judge.
    "kvs-local/base": [],
    "kvs-local/http": ["kvs-local/base/"],
    "kvs-local/matroska": ["kvs-local/base/"],
    "kvs-local/store": ["kvs-local/base/", "kvs-local/matroska/"],
    "kvs-local/service": ["kvs-local/base/", "kvs-local/http/", "kvs-local/store/", "kvs-local/matroska/"],
    "kvs-local/faults": ["kvs-local/base/", "kvs-local/http/", "kvs-local/service/"],
    "kvs-local/cli": ["kvs-local/"],
}

# Modules and rooms whose cycles are known and still to be mended.
OPEN_CYCLES = {
    "producer-core/aws/credentials/profile",
    "producer-core/aws/endpoint_finder",
}


def tracked(*patterns):
    """Files of the project, also those that are new and not yet committed; deleted ones left out."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in sorted(set(listing.split("\0"))) if name and (ROOT / name).is_file()]


def name_of(path):
    return str(path.relative_to(ROOT))


def public_headers():
    """The list that producer-core/meson.build installs."""
    text = (CORE / "meson.build").read_text(encoding="utf-8")
    found = re.search(r"public_headers = \[(.*?)\]", text, re.DOTALL)
    return re.findall(r"'([^']+)'", found.group(1)) if found else []


def room_of(path):
    parts = path.relative_to(ROOT).parts
    if parts[0] == "kvs-local" or (parts[0] == "gst" and len(parts) > 2):
        return "/".join(parts[:2])
    return parts[1] if parts[0] == "producer-core" else parts[0]


def include_root(path):
    """Where the names that a file includes begin."""
    top = ROOT / path.relative_to(ROOT).parts[0]
    return top if top.name in ("kvs-local", "gst") else CORE


def project_includes(path):
    """The project's own headers that a file includes, as files."""
    for quote, name in INCLUDE.findall(path.read_text(encoding="utf-8")):
        places = [path.parent / name, include_root(path) / name] if quote == '"' else []
        found = next((place for place in [*places, CORE / name] if place.is_file()), None)
        if found:
            yield found.resolve()


def may_include(source, header, public):
    room = room_of(source)
    if room_of(header) == room:
        return True
    allowed = MAY_INCLUDE[room]
    if not header.is_relative_to(CORE):
        return any(name_of(header).startswith(rule) for rule in allowed)
    name = str(header.relative_to(CORE))
    return any(name in public if rule == "public" else name.startswith(rule) for rule in allowed)


def include_direction(graph, public):
    for source, headers in graph.items():
        for header in headers if room_of(source) in MAY_INCLUDE else []:
            if not may_include(source, header, public):
                yield f"{name_of(source)} includes {name_of(header)}, which its room may not know"


def module_of(path, headers):
    """A header and what belongs to it, without suffix: its private header NAME_impl.h, and each source whose own
    name begins with its name and that has no nearer header, as sink_pads.cpp to sink.h."""
    module = path.with_suffix("").with_name(path.stem.removesuffix("_impl"))
    words = module.name.split("_")
    for count in range(len(words), 0, -1):
        beginning = module.with_name("_".join(words[:count]))
        if beginning in headers:
            return beginning
    return module


def modules(graph):
    """For each file its module, a path without suffix."""
    headers = {path.with_suffix("") for path in graph if path.suffix == ".h" and not path.stem.endswith("_impl")}
    return lambda path: module_of(path, headers)


def grouped(graph, group_of):
    """Which groups of files each group includes, with the source and the header that show it."""
    groups = {}
    for source, included in graph.items():
        group = group_of(source)
        known = groups.setdefault(group, {})
        for header in included:
            other = group_of(header)
            if other != group:
                known.setdefault(other, (source, header))
                groups.setdefault(other, {})
    return groups


def way_back(groups, start):
    """The shortest way from a group to itself; none where nothing that it includes leads back."""
    came_from, ends = {}, [start]
    while ends:
        group = ends.pop(0)
        for other in groups[group]:
            if other == start:
                way = [start, group]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if other not in came_from:
                came_from[other] = group
                ends.append(other)
    return None


def include_cycles(graph, group_of):
    """Groups that include each other; each cycle once, as a list of groups, and of the includes that close it."""
    groups, found = grouped(graph, group_of), set()
    for start in sorted(groups):
        way = way_back(groups, start)
        if way and frozenset(way) not in found:
            found.add(frozenset(way))
            yield way, [groups[one][other] for one, other in zip(way, way[1:])]


def cycle_offences(graph):
    cycles = [([name_of(module) for module in way], steps) for way, steps in include_cycles(graph, modules(graph))]
    cycles += include_cycles(graph, room_of)
    for names, steps in cycles:
        if not OPEN_CYCLES.issuperset(names):
            steps = [f"{name_of(source)} includes {name_of(header)}" for source, header in steps]
            yield "a cycle of includes: " + ", ".join(steps)
    for name in sorted(OPEN_CYCLES.difference(*(names for names, _ in cycles))):
        yield f"{name} is in no cycle any more: take it out of OPEN_CYCLES"


def includes():
    """Includes go downward only, from room to room and, within a room, from module to module: no circles."""
    graph = {path: list(project_includes(path)) for path in tracked("*.h", "*.cpp", "*.cc")}
    yield from include_direction(graph, public_headers())
    yield from cycle_offences(graph)
    for path in tracked("kvs-local/**meson.build", "kvs-local/meson.build"):
        if re.search(r"\bcore_(dep|lib|inc|sources)\b", path.read_text(encoding="utf-8")):
            yield f"{name_of(path)} uses producer-core, which kvs-local is there to judge"


def license():
    """Each source says its licence in one of its first three lines."""
    for path in tracked("*.h", "*.cpp", "*.cc", "*.c", "*.py", "*.sh", "*meson.build", "*.supp", "scripts/*",
                        ".ci/*", "docker/*Dockerfile*", "meson_options.txt"):
        with open(path, encoding="utf-8") as text:
            head = "".join(text.readline() for _ in range(3))
        if "SPDX-License-Identifier: Apache-2.0" not in head:
            yield f"{name_of(path)} has no SPDX-License-Identifier line at its top"


def package_hosts():
    """The hosts that this machine installs from; the public ones of Debian are no secret, but no use either."""
    text = "\n".join(os.environ.get(name, "") for name in ("PIP_INDEX_URL", "GOPROXY", "http_proxy", "https_proxy"))
    for path in [*pathlib.Path("/etc/apt").glob("sources.list*"), *pathlib.Path("/etc/apt").glob("*.d/*"),
                 pathlib.Path("/etc/pip.conf"), pathlib.Path.home() / ".config/pip/pip.conf"]:
        if path.is_file() and os.access(path, os.R_OK):
            text += "\n" + path.read_text(encoding="utf-8", errors="replace")
    return set(re.findall(r"https?://(?:[^@/\s]+@)?([\w.-]+\.[\w.-]+)", text))


def origins():
    """Nothing tells on which machine the project was made: no path of it, no host of its packages."""
    home = str(pathlib.Path.home())
    needles = {str(ROOT) + "/", *package_hosts()}
    if len(home) > 1:
        needles.add(home + "/")
    if len(ROOT.parts) > 2:
        needles.add("/" + ROOT.parts[1] + "/" + ROOT.parts[2])
    for path in tracked():
        text = path.read_text(encoding="utf-8", errors="replace")
        for needle in sorted(needles):
            if needle in text:
                yield f"{name_of(path)} contains '{needle}'"


def packages():
    """Each package that the scripts install is explained in docs/dependencies.md."""
    listing = subprocess.run([ROOT / "scripts/packages", "--list", "build", "run", "test", "dev"],
                             check=True, capture_output=True, text=True).stdout
    explained = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    for name in listing.split():
        if f"`{name}`" not in explained:
            yield f"docs/dependencies.md does not explain {name}"


def links():
    """Each link of a page to another file of the project leads somewhere."""
    for path in tracked("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
            if "://" not in target and not (path.parent / target).exists():
                yield f"{name_of(path)} links to {target}, which is not there"


# How a document that readers do not have is cited, or a place in one that moves with the next edition.
FOREIGN = (
    (re.compile(r"\b(?:RULES?|[Rr]ules?) \d+|\bRULES\b[,:]"), "numbered rules that are not in the project"),
    (re.compile(r"\blines? \d{3,}", re.IGNORECASE), "a document by its lines; name its section"),
    (re.compile(r"\bissues? #?\d+\b", re.IGNORECASE), "an issue by its number"),
)
PAGE = re.compile(r"[\w./-]*\w\.md\b")


def cited_in(text, pages):
    """What each line cites that no reader of the project can look up, as (line, words, why)."""
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, why in FOREIGN:
            for found in pattern.finditer(line):
                yield number, found.group().strip("("), why
        for found in PAGE.findall(line):
            if found.rsplit("/", 1)[-1] not in pages:
                yield number, found, "a page that the project does not have"


def citations():
    """Every document that is cited can be read: a page of the project, or a public one by title and section."""
    pages = {path.name for path in tracked("*.md")}
    own = {ROOT / "scripts/check_sources.py", ROOT / "tests/scripts/citations_test.py"}
    for path in tracked():
        if path not in own:
            text = path.read_text(encoding="utf-8", errors="replace")
            for number, words, why in cited_in(text, pages):
                yield f"{name_of(path)}:{number} cites '{words}': {why}"


CHECKS = {check.__name__: check for check in (includes, license, links, citations, origins, packages)}

if __name__ == "__main__":
    offences = [offence for name in sys.argv[1:] or CHECKS for offence in CHECKS[name]()]
    print("\n".join(offences), end="\n" if offences else "")
    sys.exit(1 if offences else 0)
