"""Household ledger."""
import sys
import os
import re
from decimal import *

lst = []
dict1 = {}
errs = []
m = None
cmd = ''
flag = False
tmp = None


def f(s):
    # amount to cents
    global flag
    flag = False
    s = s.strip()
    if '@' in s:
        x = s.split('@')
        if len(x) == 2:
            y = x[0].split(' ')
            if len(y) == 2:
                if re.match('^[A-Z][A-Z][A-Z]$', y[1]):
                    if re.match('^[0-9]+(\\.[0-9]+)?$', x[1]):
                        r = f2(y[0])
                        if r == None:
                            flag = True
                            return None
                        else:
                            d = Decimal(r) * Decimal(x[1])
                            d = d.quantize(Decimal('1'), rounding=ROUND_HALF_UP)
                            if int(d) > 0:
                                return int(d)
                            else:
                                flag = True
                                return None
                    else:
                        flag = True
                        return None
                else:
                    flag = True
                    return None
            else:
                flag = True
                return None
        else:
            flag = True
            return None
    else:
        r = f2(s)
        if r == None:
            flag = True
            return None
        else:
            if r > 0:
                return r
            else:
                flag = True
                return None


def f2(s):
    if re.match('^([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\\.[0-9]{1,2})?$', s):
        s = s.replace(',', '')
        return int(Decimal(s) * 100)
    return None


def dates(s):
    # check date
    if not re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}$', s):
        return None
    a = int(s[0:4])
    b = int(s[5:7])
    c = int(s[8:10])
    if b < 1 or b > 12:
        return None
    if c < 1:
        return None
    if a < 1:
        return None
    if b == 1 or b == 3 or b == 5 or b == 7 or b == 8 or b == 10 or b == 12:
        if c > 31:
            return None
    elif b == 2:
        if (a % 4 == 0 and a % 100 != 0) or a % 400 == 0:
            if c > 29:
                return None
        else:
            if c > 28:
                return None
    else:
        if c > 30:
            return None
    return (a, b, c)


def fmt(c):
    # cents to text
    if c < 0:
        return '-' + '{:,}'.format(-c // 100) + '.' + str(-c % 100).zfill(2)
    else:
        return '{:,}'.format(c // 100) + '.' + str(c % 100).zfill(2)


def ok(a):
    if re.match('^[a-z][a-z0-9-]*(:[a-z][a-z0-9-]*)*$', a):
        return True
    else:
        return False


def load(p):
    global lst, dict1, errs, tmp
    lst = []
    dict1 = {}
    errs = []
    n = 0
    fh = open(p, encoding='utf-8')
    for l in fh.readlines():
        n = n + 1
        l = l.strip()
        if l == '' or l[0] == '#':
            continue
        x = l.split(';')
        for i in range(len(x)):
            x[i] = x[i].strip()
        if x[0] == 'budget':
            if len(x) < 3:
                errs.append('line ' + str(n) + ': too few fields')
            else:
                if ok(x[1]):
                    v = f(x[2])
                    if flag:
                        errs.append('line ' + str(n) + ': bad amount ' + repr(x[2]))
                    else:
                        dict1[x[1]] = v
                else:
                    errs.append('line ' + str(n) + ': bad account ' + repr(x[1]))
        else:
            if len(x) < 4:
                errs.append('line ' + str(n) + ': too few fields')
            else:
                rep = 1
                d0 = x[0]
                bad = False
                if '+' in x[0]:
                    q = x[0].split('+')
                    d0 = q[0]
                    if len(q) == 2 and re.match('^[0-9]{1,3}$', q[1]) and int(q[1]) > 0:
                        rep = int(q[1])
                    else:
                        bad = True
                d = dates(d0)
                if d == None or bad:
                    errs.append('line ' + str(n) + ': bad date ' + repr(x[0]))
                else:
                    if ok(x[1]):
                        if ok(x[2]):
                            v = f(x[3])
                            if flag:
                                errs.append('line ' + str(n) + ': bad amount ' + repr(x[3]))
                            else:
                                t = ''
                                if len(x) > 4:
                                    t = ';'.join(x[4:])
                                a = d[0]
                                b = d[1]
                                for i in range(rep):
                                    c = d[2]
                                    while dates(str(a).zfill(4) + '-' + str(b).zfill(2) + '-' + str(c).zfill(2)) == None:
                                        c = c - 1
                                    s = str(a).zfill(4) + '-' + str(b).zfill(2) + '-' + str(c).zfill(2)
                                    lst.append([s, x[1], x[2], v, t, len(lst)])
                                    b = b + 1
                                    if b == 13:
                                        b = 1
                                        a = a + 1
                        else:
                            errs.append('line ' + str(n) + ': bad account ' + repr(x[2]))
                    else:
                        errs.append('line ' + str(n) + ': bad account ' + repr(x[1]))
    fh.close()
    lst.sort(key=lambda z: (z[0], z[5]))


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
