"""预警: what somebody should look at, by rules that are written down (`rules`), until somebody has said what it is.

The keeper (`keeping`) folds what the ledger brings into claims, lets each rule find its causes, and makes alerts of
them (`raising`): a cause is one alert that grows. People read them (`selectors`), take, hand on and close them
(`acting`), and state other values for the rules (`values`). Figures of a district, wards, register are below; none
of them knows this room.
"""
