"""What every client of tests/support/site.rs answers: one request a line, one answer a line, until its input ends."""
import re
import sys
import time


def body(number):
    """The body of a letter; its number is what a test knows it by."""
    return f'{{"order":{number}}}'


def number(text):
    """The number in such a body; nothing if it is none."""
    found = re.fullmatch(rb'\{"order":(\d+)\}', text if isinstance(text, bytes) else text.encode())
    return int(found[1]) if found else None


def changed(wanted, got):
    """What of what was put on a message is no longer on it as it was; empty if all is."""
    return ", ".join(f"{name} was {value!r}, is {got.get(name)!r}" for name, value in wanted.items() if got.get(name) != value)


def serve(site):
    """`site` has: bury(cause, numbers), count(end), read(end), settled(), close(), and the names `source` and `target`."""
    answer(site.source, site.target)
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "bury":
            cause, first, count = map(int, rest)
            site.bury(cause, range(first, first + count))
            answer("buried")
        elif word == "count":
            answer(site.count(rest[0]))
        elif word == "settled":
            answer("yes" if site.settled() else "no")
        elif word == "read":
            for replay_id, text, changed_words in site.read(rest[0]):
                answer("message", replay_id or "-", (text if isinstance(text, bytes) else text.encode()).hex(), changed_words or "-")
            answer("end")
        else:
            raise SystemExit(f"no request {word}")
    site.close()


def answer(*words):
    print(*words, sep="\t", flush=True)


def until(true, what, seconds=60):
    """Asks again and again."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise SystemExit(f"{what}: not within {seconds} s")
        time.sleep(0.02)
