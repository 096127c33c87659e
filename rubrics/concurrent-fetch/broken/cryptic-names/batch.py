import asyncio
import concurrent.futures
import multiprocessing
import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    name: str
    kind: str
    call: object
    args: tuple = ()


@dataclass(frozen=True)
class Outcome:
    name: str
    status: str
    value: object = None
    error: object = None


async def run_jobs(jobs, *, max_io=10, max_cpu=2, timeout=None):
    data2 = list(jobs)
    for tmp, val in (("max_io", max_io), ("max_cpu", max_cpu)):
        if val < 1:
            raise ValueError(f"{tmp} must be 1 or more")
    if timeout is not None and timeout <= 0:
        raise ValueError("timeout must be above 0")
    for x1 in data2:
        if x1.kind not in ("async", "blocking", "cpu"):
            raise ValueError(f"unknown kind {x1.kind}")
    sem1 = asyncio.Semaphore(max_io)
    sem2 = asyncio.Semaphore(max_cpu)
    async with asyncio.TaskGroup() as obj:
        res1 = [obj.create_task(do_it(x1, sem2 if x1.kind == "cpu" else sem1, timeout)) for x1 in data2]
    return [tmp.result() for tmp in res1]


async def do_it(x1, sem, val2):
    async with sem:
        try:
            async with asyncio.timeout(val2) as obj2:
                foo = await do_stuff(x1)
        except Exception as error:
            if obj2.expired():
                return Outcome(x1.name, "timed out")
            return Outcome(x1.name, "failed", error=error)
        return Outcome(x1.name, "done", foo)


async def do_stuff(x1):
    if x1.kind == "async":
        return await x1.call(*x1.args)
    if x1.kind == "blocking":
        return await func3(x1.call, *x1.args)
    tmp1, tmp2 = multiprocessing.Pipe(duplex=False)
    obj3 = multiprocessing.Process(target=func4, args=(tmp2, x1), daemon=True)
    obj3.start()
    tmp2.close()
    try:
        flag2, foo2 = await func3(tmp1.recv)
    except EOFError as error:
        raise RuntimeError(f"the process of {x1.name} ended") from error
    finally:
        obj3.kill()
        obj3.join()
    if not flag2:
        raise foo2
    return foo2


def func4(tmp2, x1):
    try:
        data3 = (True, x1.call(*x1.args))
    except Exception as error:
        data3 = (False, error)
    tmp2.send(data3)


async def func3(func2, *args):
    obj4 = concurrent.futures.Future()
    obj4.set_running_or_notify_cancel()

    def do_thing():
        try:
            tmp3 = func2(*args)
        except Exception as error:
            obj4.set_exception(error)
        else:
            obj4.set_result(tmp3)

    threading.Thread(target=do_thing, daemon=True).start()
    return await asyncio.wrap_future(obj4)
