"""`python -m flowspec`."""

from __future__ import annotations

from flowspec.cli import main

raise SystemExit(main())
