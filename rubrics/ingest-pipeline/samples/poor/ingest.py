import json, sys, os, csv

def main(argv):
    data = []
    f = argv[0]
    try:
        if f.endswith('.csv'):
            data = list(csv.DictReader(open(f)))
        else:
            for l in open(f).readlines():
                try:
                    data.append(json.loads(l))
                except:
                    pass
    except:
        print('error')
        return 1
    os.makedirs(argv[1], exist_ok=True)
    out = []
    bad = []
    for i in range(len(data)):
        d = data[i]
        try:
            if float(d['amount']) > 0 and d['currency'] in ['EUR', 'GBP', 'USD']:
                d['amount'] = '%.2f' % float(d['amount'])
                d['note'] = d.get('note', '')
                out.append(d)
            else:
                bad.append({'line': i + 1, 'reason': 'amount', 'raw': str(d)})
        except:
            pass
    open(argv[1] + '/accepted.jsonl', 'w').write('\n'.join([json.dumps(x) for x in out]))
    open(argv[1] + '/rejected.jsonl', 'w').write('\n'.join([json.dumps(x) for x in bad]))
    json.dump({'read': len(data), 'accepted': len(out), 'rejected': {'amount': len(bad)}}, open(argv[1] + '/summary.json', 'w'))
    print(len(data), 'read,', len(out), 'accepted,', len(bad), 'rejected')
    return 0

if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
