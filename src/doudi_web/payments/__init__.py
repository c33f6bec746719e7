"""Payments of the floor fund: approved amounts gathered into a batch (`making`), released by a second person
(`releasing`), written for the bank and for the books as profiles lay it out (`profiles`, `layout`, `filing`), and
what the bank says of it (`replying`, `again`). Stands on `clearing`, which knows what became of each amount."""
