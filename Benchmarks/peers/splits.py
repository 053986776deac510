"""The parts of rows that `myelin train` makes of a seed: Sources/Myelin/Data/Split.swift again, for fair comparisons."""


def _numbers(seed):
    state, mask = seed, (1 << 64) - 1
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & mask
        yield z ^ z >> 31


def shuffled(count, seed):
    order, numbers = list(range(count)), _numbers(seed)
    for i in range(count - 1, 0, -1):
        j = next(numbers) * (i + 1) >> 64
        order[i], order[j] = order[j], order[i]
    return order


def _rounded(x):
    return int(x + 0.5)


def random_parts(count, validation, test, seed):
    """Training, validation and test rows of a regression."""
    order = shuffled(count, seed)
    tests = _rounded(count * test)
    validations = min(_rounded(count * validation), count - tests)
    return order[tests + validations :], order[tests : tests + validations], order[:tests]


def _shares(sizes, total):
    whole = sum(sizes)
    shares = [size * total // whole for size in sizes]
    order = sorted(range(len(sizes)), key=lambda i: (-(sizes[i] * total % whole), i))
    for i in order[: total - sum(shares)]:
        shares[i] += 1
    return shares


def stratified_parts(labels, validation, test, seed):
    """Training, validation and test rows of a classification, with nearly the same share of each class."""
    order = shuffled(len(labels), seed)
    classes = sorted(set(labels))
    members = {c: [row for row in order if labels[row] == c] for c in classes}
    tests = _rounded(len(labels) * test)
    validations = min(_rounded(len(labels) * validation), len(labels) - tests)
    sizes = [len(members[c]) for c in classes]
    of_test = _shares(sizes, tests)
    of_validation = _shares([a - b for a, b in zip(sizes, of_test)], validations)
    part = {}
    for c, a, b in zip(classes, of_test, of_validation):
        for place, row in enumerate(members[c]):
            part[row] = 2 if place < a else 1 if place < a + b else 0
    return tuple([row for row in order if part[row] == which] for which in (0, 1, 2))


def last_parts(users, times, validation, test):
    """Of each user's ratings the last ones, as `recommend` divides them."""
    rows = {}
    for row in sorted(range(len(users)), key=lambda row: (times[row], row)):
        rows.setdefault(users[row], []).append(row)
    parts = ([], [], [])

    def share(part, count):
        return max(1, _rounded(count * part)) if part > 0 and count >= 2 else 0

    for own in rows.values():
        tests = share(test, len(own))
        left = len(own) - tests
        validations = share(validation, left)
        parts[0].extend(own[: left - validations])
        parts[1].extend(own[left - validations : left])
        parts[2].extend(own[left:])
    return parts
