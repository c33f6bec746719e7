"""The same cascade (Banan 2019) in other hands, to time and compare our own engine beside them.

``zen_banan`` is a GoRules ZEN graph, ``openfisca_banan`` an OpenFisca system, ``plain_banan`` one
hand-written Python function. Each settles a ``visit`` (whole fen) into the same seven amounts.
``python -m benchmarks.peers.selfcheck`` compares them; needed only here, never by the engine."""
