"""手工报销: paper invoices of visits outside, brought to the township, settled by the engine, decided by two.

`entering` and `checking` are the township's, `deciding` the district's; `pictures` knows what a file is, `doubles`
finds what may be the same visit twice, `lateness` until when one may bring an invoice; `invoice` is the nouns.
"""
