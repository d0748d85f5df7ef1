"""table.py DIR SCENARIO...: the tables of what scripts/bench measured in DIR, and the goals.

DIR/SCENARIO/results has a line for each run: round, program, wall, user and system seconds, peak KiB,
the servers' CPU seconds. Ratios are taken within a round, whose programs ran one after the other, and
their median is shown, so that a machine whose speed drifts does not spoil them."""
import os
import sys
from collections import defaultdict
from statistics import median

WALL, CPU, PEAK, FLEET = range(4)
UNITS = {WALL: "wall", CPU: "CPU", PEAK: "peak"}

# Scenario, figure, program, what it is compared with, the most it may be. A name is another program in
# the same scenario, "ideal" the ideal schedule, None the figure itself (seconds, MiB), and a scenario
# with a colon the same program there. "-NAME" compares by difference.
GOALS = [
    ("A", CPU, "rollcall", "discard", 1.10),
    ("A", CPU, "rollcall", "go", 0.70),
    ("A", WALL, "rollcall", "go", 0.90),
    ("A", PEAK, "rollcall", None, 32),
    ("A", CPU, "rollcall-bundle", "rollcall", 1.15),
    ("A-instructions", CPU, "rollcall", "discard", 1.10),
    ("B-http", WALL, "rollcall", "ideal", 1.08),
    ("B32", WALL, "rollcall", "ideal", 1.05),
    ("B", WALL, "rollcall", "discard", 1.03),
    ("C-http", CPU, "rollcall", "yajl", 1.8),
    ("C-http", CPU, "rollcall", "go", 0.2),
    ("C-http", WALL, "rollcall", "go", 0.25),
    ("C-http", PEAK, "rollcall", None, 48),
    ("D1000", PEAK, "rollcall", "D100:", 1.25),
    ("D1000", PEAK, "rollcall", None, 40),
    ("D1000", WALL, "rollcall", "go", 0.3),
    ("E", WALL, "rollcall", "deadline", 1),
    ("E", WALL, "differences", None, 0),
    ("E-waiting", CPU, "rollcall", "waiting", 0.02),
    ("F", WALL, "rollcall", "-curl", 0.015),
    ("G", WALL, "rollcall", None, 0.150),
]


def read(directory, scenario):
    runs = defaultdict(dict)  # program -> round -> figures
    path = os.path.join(directory, scenario, "results")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                number, program, wall, user, system, peak, fleet = line.split()
                runs[program][number] = (float(wall), float(user) + float(system), int(peak) / 1024,
                                         float(fleet))
    return runs


def read_text(directory, scenario, name):
    try:
        with open(os.path.join(directory, scenario, name), encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


def middle(runs, program, figure):
    return median(f[figure] for f in runs[program].values())


def compare(runs, program, other, figure, how):
    """The median over the rounds that both took part in, or None."""
    pairs = [(runs[program][n][figure], runs[other][n][figure]) for n in runs[program] if n in runs[other]]
    return median(how(a, b) for a, b in pairs) if pairs else None


def quotient(a, b):
    return a / max(b, 1e-9)


def print_table(scenario, runs, title, ideal):
    if scenario in ("E", "E-waiting"):
        return  # their figures are not runs beside each other: the goals say them all
    print(f"\n{scenario}: {title}")
    if scenario == "A-instructions":
        for program, rounds in runs.items():
            ratio = compare(runs, program, "discard", CPU, quotient) if "discard" in runs else None
            print(f"  {program:<16}{rounds['1'][CPU] / 1e6:>10.1f} million instructions"
                  + (f"{ratio:>8.3f} x discard" if ratio else ""))
        return
    base = "rollcall"
    others = [p for p in runs if p != base]
    print(f"  {'program':<16}{'runs':>5}{'wall s':>10}{'min':>9}{'max':>9}{'CPU s':>9}{'peak MiB':>10}"
          f"{'fleet CPU':>11}" + ("   rollcall by it: wall, CPU, peak" if others else "")
          + ("   wall/ideal" if ideal else ""))
    for program, rounds in runs.items():
        walls = [f[WALL] for f in rounds.values()]
        line = (f"  {program:<16}{len(walls):>5}{median(walls):>10.3f}{min(walls):>9.3f}{max(walls):>9.3f}"
                f"{middle(runs, program, CPU):>9.3f}{middle(runs, program, PEAK):>10.1f}"
                f"{middle(runs, program, FLEET):>11.2f}")
        if others:
            ratios = [compare(runs, base, program, figure, quotient) for figure in (WALL, CPU, PEAK)]
            line += "   " + "".join(f"{r:>10.2f}" if r is not None else f"{'-':>10}" for r in ratios)
        print(line + (f"{median(walls) / ideal:>13.3f}" if ideal else ""))
    if ideal:
        print(f"  ideal wall: {ideal:.3f} s")


def measured(results, scenario, figure, program, other, ideals):
    """The figure that a goal speaks of, or None where it was not measured."""
    runs = results[scenario]
    if program not in runs:
        return None
    if other is None:
        return middle(runs, program, figure)
    if other == "ideal":
        return middle(runs, program, figure) / ideals[scenario]
    if other.endswith(":"):
        there = results[other[:-1]]
        return middle(runs, program, figure) / middle(there, program, figure) if program in there else None
    if other.startswith("-"):
        return compare(runs, program, other[1:], figure, lambda a, b: a - b) if other[1:] in runs else None
    return compare(runs, program, other, figure, quotient) if other in runs else None


def wording(figure, program, other, limit):
    unit = {PEAK: " MiB", WALL: " s", CPU: " s"}[figure]
    if program == "differences":
        return "differences from the fleet's truth", "0"
    if other == "waiting":
        return "CPU, of a core, while only waiting", f"{limit:g}"
    name = UNITS[figure] if program == "rollcall" else f"{UNITS[figure]} of {program}"
    if other is None:
        return name, f"{limit:g}{unit}"
    if other.startswith("-"):
        return f"{name} above {other[1:]}'s", f"{limit * 1000:g} ms"
    return f"{name} / {other.rstrip(':')}" + ("'s" if other.endswith(":") else ""), f"{limit:g}"


def print_goals(results, ideals, scenarios):
    print(f"\nGoals\n  {'scenario':<16}{'figure':<36}{'goal':>10}{'measured':>12}")
    missed = 0
    for scenario, figure, program, other, limit in GOALS:
        if scenario not in scenarios:
            continue
        value = measured(results, scenario, figure, program, other, ideals)
        what, goal = wording(figure, program, other, limit)
        if value is None:
            print(f"  {scenario:<16}{what:<36}{'<= ' + goal:>10}{'-':>12}  not measured")
            continue
        shown = f"{value * 1000:.1f}" if goal.endswith(" ms") else f"{value:.3f}"
        is_met = value <= limit
        missed += not is_met
        print(f"  {scenario:<16}{what:<36}{'<= ' + goal:>10}{shown:>12}  {'met' if is_met else 'NOT met'}")
    return missed


def main():
    directory, scenarios = sys.argv[1], sys.argv[2:]
    if "E" in scenarios:
        scenarios.insert(scenarios.index("E") + 1, "E-waiting")
    # Of the others too: what was measured before is there to be compared with.
    results = {s: read(directory, s) for s in {goal[0] for goal in GOALS} | {"D100"} | set(scenarios)}
    ideals = {}
    for scenario in scenarios:
        ideal = read_text(directory, scenario, "ideal")
        ideals[scenario] = float(ideal) if ideal else None
        if results[scenario]:
            print_table(scenario, results[scenario], read_text(directory, scenario, "title"), ideals[scenario])
    sys.exit(1 if print_goals(results, ideals, scenarios) else 0)


main()
