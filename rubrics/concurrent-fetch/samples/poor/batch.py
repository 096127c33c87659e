import asyncio
from dataclasses import dataclass


@dataclass
class Job:
    name: str
    kind: str
    call: object
    args: tuple = ()


@dataclass
class Outcome:
    name: str
    status: str
    value: object = None
    error: object = None


async def run_jobs(jobs, max_io=10, max_cpu=2, timeout=None):
    l = []
    for j in jobs:
        try:
            if j.kind == "async":
                x = await j.call(*j.args)
            else:
                x = j.call(*j.args)
            l.append(Outcome(j.name, "done", x))
        except:
            print("job failed")
            l.append(Outcome(j.name, "failed"))
    return l
