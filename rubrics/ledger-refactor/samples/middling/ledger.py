"""Household ledger."""
import sys
import re

from journal import read_journal

lst = []
dict1 = {}
errs = []
m = None
cmd = ''
tmp = None


def fmt(c):
    # cents to text
    if c < 0:
        return '-' + '{:,}'.format(-c // 100) + '.' + str(-c % 100).zfill(2)
    else:
        return '{:,}'.format(c // 100) + '.' + str(c % 100).zfill(2)


def load(p):
    global lst, dict1, errs, tmp
    with open(p, encoding='utf-8') as lines:
        journal = read_journal(lines)
    lst = []
    for e in journal.entries:
        lst.append([str(e.day), e.source, e.target, e.cents, e.text, len(lst)])
    dict1 = journal.budgets
    errs = journal.problems


def do_it(argv, data=[]):
    global m, cmd, tmp
    m = None
    args = []
    i = 0
    while i < len(argv):
        if argv[i] == '--month':
            if i + 1 < len(argv):
                m = argv[i + 1]
                i = i + 1
                if not re.match('^[0-9]{4}-(0[1-9]|1[0-2])$', m):
                    sys.stderr.write('bad month ' + repr(m) + '\n')
                    return 2
            else:
                sys.stderr.write('usage: ledger.py FILE report|register ACCOUNT|budget|csv [--month YYYY-MM]\n')
                return 2
        else:
            args.append(argv[i])
        i = i + 1
    if len(args) < 2:
        sys.stderr.write('usage: ledger.py FILE report|register ACCOUNT|budget|csv [--month YYYY-MM]\n')
        return 2
    cmd = args[1]
    if cmd == 'register':
        if len(args) != 3:
            sys.stderr.write('usage: ledger.py FILE report|register ACCOUNT|budget|csv [--month YYYY-MM]\n')
            return 2
    else:
        if cmd != 'report' and cmd != 'budget' and cmd != 'csv':
            sys.stderr.write('usage: ledger.py FILE report|register ACCOUNT|budget|csv [--month YYYY-MM]\n')
            return 2
        if len(args) != 2:
            sys.stderr.write('usage: ledger.py FILE report|register ACCOUNT|budget|csv [--month YYYY-MM]\n')
            return 2
    try:
        load(args[0])
    except OSError:
        sys.stderr.write('cannot read ' + args[0] + '\n')
        return 2
    except UnicodeDecodeError:
        sys.stderr.write('cannot read ' + args[0] + '\n')
        return 2
    if cmd == 'report':
        bal = {}
        k = 0
        for e in lst:
            if m != None:
                if e[0][0:7] != m:
                    continue
            k = k + 1
            p = e[1].split(':')
            for j in range(len(p)):
                nm = ':'.join(p[0:j + 1])
                if nm in bal:
                    bal[nm] = bal[nm] - e[3]
                else:
                    bal[nm] = 0 - e[3]
            p = e[2].split(':')
            for j in range(len(p)):
                nm = ':'.join(p[0:j + 1])
                if nm in bal:
                    bal[nm] = bal[nm] + e[3]
                else:
                    bal[nm] = 0 + e[3]
        for nm in sorted(bal.keys(), key=lambda z: z.split(':')):
            if bal[nm] != 0:
                p = nm.split(':')
                s = '  ' * (len(p) - 1) + p[-1]
                print(s.ljust(30) + fmt(bal[nm]).rjust(14))
        if k == 1:
            print('1 entry')
        else:
            print(str(k) + ' entries')
    elif cmd == 'register':
        ac = args[2]
        found = False
        for e in lst:
            if e[1] == ac or e[1].startswith(ac + ':') or e[2] == ac or e[2].startswith(ac + ':'):
                found = True
        if found == False:
            sys.stderr.write('no such account: ' + ac + '\n')
            return 2
        run = 0
        if m != None:
            for e in lst:
                if e[0][0:7] < m:
                    if e[1] == ac or e[1].startswith(ac + ':'):
                        run = run - e[3]
                    if e[2] == ac or e[2].startswith(ac + ':'):
                        run = run + e[3]
            print((m + '     opening').ljust(47) + fmt(run).rjust(14))
        for e in lst:
            if m != None:
                if e[0][0:7] != m:
                    continue
            v = 0
            if e[1] == ac or e[1].startswith(ac + ':'):
                v = v - e[3]
            if e[2] == ac or e[2].startswith(ac + ':'):
                v = v + e[3]
            if v != 0:
                run = run + v
                t = e[4]
                if len(t) > 20:
                    t = t[0:19] + '~'
                print(e[0] + '  ' + t.ljust(21) + fmt(v).rjust(14) + fmt(run).rjust(14))
    elif cmd == 'budget':
        if m == None:
            if len(lst) > 0:
                m = lst[len(lst) - 1][0][0:7]
        for ac in sorted(dict1.keys(), key=lambda z: z.split(':')):
            sp = 0
            for e in lst:
                if m != None:
                    if e[0][0:7] != m:
                        continue
                if e[1] == ac or e[1].startswith(ac + ':'):
                    sp = sp - e[3]
                if e[2] == ac or e[2].startswith(ac + ':'):
                    sp = sp + e[3]
            lf = dict1[ac] - sp
            if sp > 0:
                pc = sp * 100 // dict1[ac]
            else:
                pc = 0
            s = ac.ljust(24) + fmt(sp).rjust(12) + fmt(dict1[ac]).rjust(12) + fmt(lf).rjust(12) + (str(pc) + '%').rjust(6)
            if lf < 0:
                s = s + ' OVER'
            print(s)
    else:
        print('date,from,to,amount,text')
        for e in lst:
            if m != None:
                if e[0][0:7] != m:
                    continue
            t = e[4]
            if ',' in t or '"' in t:
                t = '"' + t.replace('"', '""') + '"'
            print(e[0] + ',' + e[1] + ',' + e[2] + ',' + str(e[3] // 100) + '.' + str(e[3] % 100).zfill(2) + ',' + t)
    for s in errs:
        sys.stderr.write(s + '\n')
    if len(errs) > 0:
        return 1
    return 0


def main(argv):
    return do_it(argv)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
