"""Household ledger."""
import sys
import os
import re
from decimal import *

entries = []
budgets = {}
problems = []
wanted_month = None
command = ''
is_bad_amount = False
unused = None


def parse_amount(text):
    # amount to cents
    global is_bad_amount
    is_bad_amount = False
    text = text.strip()
    if '@' in text:
        parts = text.split('@')
        if len(parts) == 2:
            amount_and_currency = parts[0].split(' ')
            if len(amount_and_currency) == 2:
                if re.match('^[A-Z][A-Z][A-Z]$', amount_and_currency[1]):
                    if re.match('^[0-9]+(\\.[0-9]+)?$', parts[1]):
                        plain_cents = parse_plain_amount(amount_and_currency[0])
                        if plain_cents == None:
                            is_bad_amount = True
                            return None
                        else:
                            parsed = Decimal(plain_cents) * Decimal(parts[1])
                            parsed = parsed.quantize(Decimal('1'), rounding=ROUND_HALF_UP)
                            if int(parsed) > 0:
                                return int(parsed)
                            else:
                                is_bad_amount = True
                                return None
                    else:
                        is_bad_amount = True
                        return None
                else:
                    is_bad_amount = True
                    return None
            else:
                is_bad_amount = True
                return None
        else:
            is_bad_amount = True
            return None
    else:
        plain_cents = parse_plain_amount(text)
        if plain_cents == None:
            is_bad_amount = True
            return None
        else:
            if plain_cents > 0:
                return plain_cents
            else:
                is_bad_amount = True
                return None


def parse_plain_amount(text):
    if re.match('^([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\\.[0-9]{1,2})?$', text):
        text = text.replace(',', '')
        return int(Decimal(text) * 100)
    return None


def parse_day(text):
    # check date
    if not re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}$', text):
        return None
    year = int(text[0:4])
    month = int(text[5:7])
    day = int(text[8:10])
    if month < 1 or month > 12:
        return None
    if day < 1:
        return None
    if year < 1:
        return None
    if month == 1 or month == 3 or month == 5 or month == 7 or month == 8 or month == 10 or month == 12:
        if day > 31:
            return None
    elif month == 2:
        if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0:
            if day > 29:
                return None
        else:
            if day > 28:
                return None
    else:
        if day > 30:
            return None
    return (year, month, day)


def format_amount(cents):
    # cents to text
    if cents < 0:
        return '-' + '{:,}'.format(-cents // 100) + '.' + str(-cents % 100).zfill(2)
    else:
        return '{:,}'.format(cents // 100) + '.' + str(cents % 100).zfill(2)


def is_account(name):
    if re.match('^[a-z][a-z0-9-]*(:[a-z][a-z0-9-]*)*$', name):
        return True
    else:
        return False


def load(path):
    global entries, budgets, problems, unused
    entries = []
    budgets = {}
    problems = []
    line_number = 0
    book = open(path, encoding='utf-8')
    for line in book.readlines():
        line_number = line_number + 1
        line = line.strip()
        if line == '' or line[0] == '#':
            continue
        parts = line.split(';')
        for index in range(len(parts)):
            parts[index] = parts[index].strip()
        if parts[0] == 'budget':
            if len(parts) < 3:
                problems.append('line ' + str(line_number) + ': too few fields')
            else:
                if is_account(parts[1]):
                    cents = parse_amount(parts[2])
                    if is_bad_amount:
                        problems.append('line ' + str(line_number) + ': bad amount ' + repr(parts[2]))
                    else:
                        budgets[parts[1]] = cents
                else:
                    problems.append('line ' + str(line_number) + ': bad account ' + repr(parts[1]))
        else:
            if len(parts) < 4:
                problems.append('line ' + str(line_number) + ': too few fields')
            else:
                repetitions = 1
                first_day = parts[0]
                is_bad_date = False
                if '+' in parts[0]:
                    day_and_repetitions = parts[0].split('+')
                    first_day = day_and_repetitions[0]
                    if len(day_and_repetitions) == 2 and re.match('^[0-9]{1,3}$', day_and_repetitions[1]) and int(day_and_repetitions[1]) > 0:
                        repetitions = int(day_and_repetitions[1])
                    else:
                        is_bad_date = True
                parsed = parse_day(first_day)
                if parsed == None or is_bad_date:
                    problems.append('line ' + str(line_number) + ': bad date ' + repr(parts[0]))
                else:
                    if is_account(parts[1]):
                        if is_account(parts[2]):
                            cents = parse_amount(parts[3])
                            if is_bad_amount:
                                problems.append('line ' + str(line_number) + ': bad amount ' + repr(parts[3]))
                            else:
                                description = ''
                                if len(parts) > 4:
                                    description = ';'.join(parts[4:])
                                year = parsed[0]
                                month = parsed[1]
                                for index in range(repetitions):
                                    day = parsed[2]
                                    while parse_day(str(year).zfill(4) + '-' + str(month).zfill(2) + '-' + str(day).zfill(2)) == None:
                                        day = day - 1
                                    text = str(year).zfill(4) + '-' + str(month).zfill(2) + '-' + str(day).zfill(2)
                                    entries.append([text, parts[1], parts[2], cents, description, len(entries)])
                                    month = month + 1
                                    if month == 13:
                                        month = 1
                                        year = year + 1
                        else:
                            problems.append('line ' + str(line_number) + ': bad account ' + repr(parts[2]))
                    else:
                        problems.append('line ' + str(line_number) + ': bad account ' + repr(parts[1]))
    book.close()
    entries.sort(key=lambda key: (key[0], key[5]))


def run_command(argv, options=()):
    global wanted_month, command, unused
    wanted_month = None
    words = []
    index = 0
    while index < len(argv):
        if argv[index] == '--month':
            if index + 1 < len(argv):
                wanted_month = argv[index + 1]
                index = index + 1
                if not re.match('^[0-9]{4}-(0[1-9]|1[0-2])$', wanted_month):
                    sys.stderr.write('bad month ' + repr(wanted_month) + '\n')
                    return 2
            else:
                sys.stderr.write('usage: ledger.py FILE report|register ACCOUNT|budget|csv [--month YYYY-MM]\n')
                return 2
        else:
            words.append(argv[index])
        index = index + 1
    if len(words) < 2:
        sys.stderr.write('usage: ledger.py FILE report|register ACCOUNT|budget|csv [--month YYYY-MM]\n')
        return 2
    command = words[1]
    if command == 'register':
        if len(words) != 3:
            sys.stderr.write('usage: ledger.py FILE report|register ACCOUNT|budget|csv [--month YYYY-MM]\n')
            return 2
    else:
        if command != 'report' and command != 'budget' and command != 'csv':
            sys.stderr.write('usage: ledger.py FILE report|register ACCOUNT|budget|csv [--month YYYY-MM]\n')
            return 2
        if len(words) != 2:
            sys.stderr.write('usage: ledger.py FILE report|register ACCOUNT|budget|csv [--month YYYY-MM]\n')
            return 2
    try:
        load(words[0])
    except OSError:
        sys.stderr.write('cannot read ' + words[0] + '\n')
        return 2
    except UnicodeDecodeError:
        sys.stderr.write('cannot read ' + words[0] + '\n')
        return 2
    if command == 'report':
        balances = {}
        count = 0
        for entry in entries:
            if wanted_month != None:
                if entry[0][0:7] != wanted_month:
                    continue
            count = count + 1
            path = entry[1].split(':')
            for depth in range(len(path)):
                account = ':'.join(path[0:depth + 1])
                if account in balances:
                    balances[account] = balances[account] - entry[3]
                else:
                    balances[account] = 0 - entry[3]
            path = entry[2].split(':')
            for depth in range(len(path)):
                account = ':'.join(path[0:depth + 1])
                if account in balances:
                    balances[account] = balances[account] + entry[3]
                else:
                    balances[account] = 0 + entry[3]
        for account in sorted(balances.keys(), key=lambda key: key.split(':')):
            if balances[account] != 0:
                path = account.split(':')
                text = '  ' * (len(path) - 1) + path[-1]
                print(text.ljust(30) + format_amount(balances[account]).rjust(14))
        if count == 1:
            print('1 entry')
        else:
            print(str(count) + ' entries')
    elif command == 'register':
        wanted_account = words[2]
        is_known = False
        for entry in entries:
            if entry[1] == wanted_account or entry[1].startswith(wanted_account + ':') or entry[2] == wanted_account or entry[2].startswith(wanted_account + ':'):
                is_known = True
        if is_known == False:
            sys.stderr.write('no such account: ' + wanted_account + '\n')
            return 2
        balance = 0
        if wanted_month != None:
            for entry in entries:
                if entry[0][0:7] < wanted_month:
                    if entry[1] == wanted_account or entry[1].startswith(wanted_account + ':'):
                        balance = balance - entry[3]
                    if entry[2] == wanted_account or entry[2].startswith(wanted_account + ':'):
                        balance = balance + entry[3]
            print((wanted_month + '     opening').ljust(47) + format_amount(balance).rjust(14))
        for entry in entries:
            if wanted_month != None:
                if entry[0][0:7] != wanted_month:
                    continue
            cents = 0
            if entry[1] == wanted_account or entry[1].startswith(wanted_account + ':'):
                cents = cents - entry[3]
            if entry[2] == wanted_account or entry[2].startswith(wanted_account + ':'):
                cents = cents + entry[3]
            if cents != 0:
                balance = balance + cents
                description = entry[4]
                if len(description) > 20:
                    description = description[0:19] + '~'
                print(entry[0] + '  ' + description.ljust(21) + format_amount(cents).rjust(14) + format_amount(balance).rjust(14))
    elif command == 'budget':
        if wanted_month == None:
            if len(entries) > 0:
                wanted_month = entries[len(entries) - 1][0][0:7]
        for wanted_account in sorted(budgets.keys(), key=lambda key: key.split(':')):
            spent = 0
            for entry in entries:
                if wanted_month != None:
                    if entry[0][0:7] != wanted_month:
                        continue
                if entry[1] == wanted_account or entry[1].startswith(wanted_account + ':'):
                    spent = spent - entry[3]
                if entry[2] == wanted_account or entry[2].startswith(wanted_account + ':'):
                    spent = spent + entry[3]
            remaining = budgets[wanted_account] - spent
            if spent > 0:
                percent = spent * 100 // budgets[wanted_account]
            else:
                percent = 0
            text = wanted_account.ljust(24) + format_amount(spent).rjust(12) + format_amount(budgets[wanted_account]).rjust(12) + format_amount(remaining).rjust(12) + (str(percent) + '%').rjust(6)
            if remaining < 0:
                text = text + ' OVER'
            print(text)
    else:
        print('date,from,to,amount,text')
        for entry in entries:
            if wanted_month != None:
                if entry[0][0:7] != wanted_month:
                    continue
            description = entry[4]
            if ',' in description or '"' in description:
                description = '"' + description.replace('"', '""') + '"'
            print(entry[0] + ',' + entry[1] + ',' + entry[2] + ',' + format_amount(entry[3]) + ',' + description)
    for text in problems:
        sys.stderr.write(text + '\n')
    if len(problems) > 0:
        return 1
    return 0


def main(argv):
    return run_command(argv)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
