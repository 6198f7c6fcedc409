"""`python -m helpers.local_aws`: run the local AWS in the foreground until SIGTERM."""

import os
import sys

from helpers.local_aws.settings import own_variables

AGAIN = "LOCAL_AWS_BEGUN_AGAIN"  # no setting of the workshop's

if __name__ == "__main__":
    # A function may read /proc/…/environ of the process that started it, which shows the environment a program began
    # with whatever became of it: so begin again without the user's secrets.
    if os.name == "posix" and AGAIN not in os.environ:
        arguments = [sys.executable, "-m", "helpers.local_aws"]
        os.execve(sys.executable, arguments, own_variables(os.environ) | {AGAIN: "1"})  # noqa: S606 - it is ourselves
    from helpers.local_aws.server import main

    sys.exit(main())
