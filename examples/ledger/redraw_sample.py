"""照计划再抽一遍，看是不是同一份样本：python redraw_sample.py plan.json frame.csv

Draws a sample again out of the plan and the list of all settlements, with Python alone; prints what is drawn."""

import hashlib
import json
import sys
from pathlib import Path


def main(plan, frame):
    plan = json.loads(Path(plan).read_text(encoding="utf-8"))
    strata = {}
    for line in Path(frame).read_text(encoding="utf-8").splitlines():
        settlement, stratum, weight = line.split(",")
        texts = (f"{plan['seed']}\n{settlement}\n{n + 1}" for n in range(int(weight)))
        lowest = min(hashlib.sha256(text.encode()).hexdigest() for text in texts)
        strata.setdefault(stratum, []).append((lowest, settlement))
    total = sum(len(of) for of in strata.values())
    size = min(plan["size"], total)
    share = {name: divmod(size * len(strata[name]), total) for name in sorted(strata)}
    wanted = {name: whole for name, (whole, _) in share.items()}
    by_rest = sorted(share, key=lambda name: (-share[name][1], name))
    for name in by_rest[: size - sum(wanted.values())]:
        wanted[name] += 1
    for name in [one for one in wanted if not wanted[one] and size >= len(wanted)]:
        most = max(wanted, key=lambda one: wanted[one])  # the first in order, of those with most
        wanted[most], wanted[name] = wanted[most] - 1, 1
    for name in sorted(strata):
        for ticket, settlement in sorted(strata[name])[: wanted[name]]:
            print(f"{settlement},{ticket}")


if __name__ == "__main__":
    main(*sys.argv[1:])
