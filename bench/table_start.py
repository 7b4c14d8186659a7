"""Our live table on our driver: `python -m bench.table_start ROWS RATE some|all`, started as avyctl's front door starts the screen: nothing
that is loaded is garbage, so nobody looks for any.
"""

import gc
import sys

gc.disable()

if __name__ == "__main__":
    from bench.table_app import Table

    gc.freeze()
    gc.enable()
    Table(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3] == "all").run()
