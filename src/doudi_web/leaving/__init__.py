"""Going home: what is to be looked at before a visit is settled, and who goes next. It stands above the rooms that
know, and has no tables."""
