"""`python -m s2s_ad` is `s2s-ad`."""

import sys

from s2s_ad.cli import main

if __name__ == "__main__":
    sys.exit(main())
