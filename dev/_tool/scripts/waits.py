# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Read and write tables all the time, and tell the longest wait of each in seconds.

Arguments: the database; then `r` or `w` and a table for each that is tried. Until its
input ends.
"""

import json
import sys
import threading
import time

import psycopg2

PAUSE = 0.05
# What one request holds of a table; it changes nothing.
TRIES = {
    "r": "SELECT FROM {} LIMIT 1",
    "w": "BEGIN; LOCK TABLE {} IN ROW EXCLUSIVE MODE; ROLLBACK",
}


def watch(database, kind, table, longest, is_over):
    connection = psycopg2.connect(dbname=database)
    connection.autocommit = True
    while not is_over.is_set():
        started = time.monotonic()
        try:
            with connection.cursor() as cursor:
                cursor.execute(TRIES[kind].format(table))
        except psycopg2.errors.UndefinedTable:
            return  # the addon has gone, and its table
        took = time.monotonic() - started
        longest[f"{kind} {table}"] = max(longest.get(f"{kind} {table}", 0), took)
        time.sleep(PAUSE)


def main(database, *tries):
    longest, is_over, threads = {}, threading.Event(), []
    for kind, table in zip(tries[::2], tries[1::2], strict=True):
        arguments = (database, kind, table, longest, is_over)
        threads.append(threading.Thread(target=watch, args=arguments, daemon=True))
    for thread in threads:
        thread.start()
    sys.stdin.read()
    is_over.set()
    for thread in threads:
        thread.join(60)
    print(json.dumps(longest))


main(*sys.argv[1:])
