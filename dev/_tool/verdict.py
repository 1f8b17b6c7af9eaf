# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a measured operation is called, and how it is shown. Plain Python."""

HEAD = (
    "operation",
    "user",
    "small",
    "large",
    "ratio",
    "queries",
    "SQL / Python",
    "p95",
    "verdict",
)
FLAT = 1.8
TWICE = 2.0
#: Seconds that an operation may take whatever its ratio; a report reads all there is,
#: and a page of the portal comes with all that is around it.
QUICK = {"screen": 0.7, "page": 1.0, "report": 2.0}
GROWS, SLOW = 2.0, 5.0


def judge(row):
    """Return a measured row with its ratio and verdict."""
    small, large = row["small"], row["large"]
    ratio = None
    if small["seconds"] and large["seconds"]:
        ratio = large["seconds"] / small["seconds"]
    return {**row, "ratio": ratio, "verdict": _verdict(row["kind"], large, ratio)}


def _verdict(kind, large, ratio):
    if large["error"]:
        return "refused" if large["error"].startswith("Access") else "fails"
    seconds = large["seconds"]
    if ratio is not None and ratio < FLAT and seconds < 1:
        return "flat"
    if kind == "once":
        # Once in a while, by a person who waits for it: how it grows is told.
        return "once"
    if seconds <= QUICK[kind] or ratio is not None and ratio <= TWICE:
        return "ok"
    if seconds < GROWS:
        return "grows"
    return "slow" if seconds < SLOW else "**breaks**"


def table(rows):
    """Return judged rows as a table in Markdown."""
    lines = [HEAD, ["---"] * len(HEAD), *map(_cells, rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cells(row):
    small, large = row["small"], row["large"]
    return (
        row["name"],
        row["user"],
        _time(small),
        _time(large),
        f"{row['ratio']:.1f}" if row["ratio"] is not None else "",
        _queries(small, large),
        _parts(large),
        _write(large["p95"]),
        row["verdict"],
    )


def _queries(small, large):
    if small["queries"] is None or large["queries"] is None:
        return ""
    return f"{small['queries']} → {large['queries']}"


def _time(side):
    return "—" if side["error"] else _write(side["seconds"])


def _parts(side):
    if side["sql"] is None or side["seconds"] is None:
        return ""
    rest = max(side["seconds"] - side["sql"], 0)
    return f"{_write(side['sql'])} / {_write(rest)}"


def _write(seconds):
    if seconds is None:
        return ""
    if seconds >= 0.9995:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms"
