"""What a time was measured on."""

import datetime
import os
import platform
import re


def cpu():
    """The processor's name, without its number of cores."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            name = re.search(r"^model name\s*: (.+)$", file.read(), re.MULTILINE)
            return name.group(1).strip() if name else platform.machine()
    except OSError:
        return platform.processor() or platform.machine()


def stamp():
    """Columns of a row that say where and when it was measured."""
    return {"cpu": cpu(), "cores": os.cpu_count(), "date": datetime.date.today().isoformat()}
