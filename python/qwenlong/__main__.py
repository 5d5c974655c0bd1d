"""`python -m qwenlong RECIPE`, which is what launchers such as torchrun start."""

from qwenlong.cli import main

raise SystemExit(main())
