"""`python -m helpers.local_aws`: run the local AWS in the foreground until SIGTERM."""

import sys

from helpers.local_aws.server import main

if __name__ == "__main__":
    sys.exit(main())
