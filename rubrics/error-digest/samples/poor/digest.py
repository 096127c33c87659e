import sys, json
import datetime

f = sys.argv[1]
if f == "-": data = sys.stdin.read()
else: data = open(f).read()
l = []
bad = 0
for x in data.split("\n"):
    try:
        d = json.loads(x)
        t = datetime.datetime.strptime(d["time"][:19], "%Y-%m-%dT%H:%M:%S")
        if d["level"] == "error":
            l.append([t, d["code"]])
    except:
        bad = bad + 1
        pass
l.sort()
last = l[-1][0]
res = {}
for x in l:
    if (last - x[0]).seconds <= 3600:
        if x[1] in res.keys():
            res[x[1]] = res[x[1]] + 1
        else:
            res[x[1]] = 1
tmp = sorted(res.items(), key = lambda i: i[1], reverse = True)
for i in range(len(tmp)):
    if i < 10:
        print(str(tmp[i][1]) + "\t" + tmp[i][0])
if bad != 0:
    print("malformed lines: " + str(bad), file=sys.stderr)
