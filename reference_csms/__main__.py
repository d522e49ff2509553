"""`python -m reference_csms`."""

from reference_csms.cli import main

if __name__ == "__main__":
    main()
