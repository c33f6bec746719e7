"""Who lives in a township, found by its villages: an index leads to them, whatever else the register has."""

from typing import LiteralString

OF_TOWNSHIP: LiteralString = """
WITH of_township AS (
  SELECT p.*, v.code AS lives_in FROM tenancy_village v JOIN register_person p ON p.village_id = v.code
  WHERE v.township_id = %(town)s
  UNION ALL
  SELECT p.*, v.code FROM tenancy_village v JOIN register_household h ON h.village_id = v.code
  JOIN register_person p ON p.household_id = h.code AND p.village_id IS NULL WHERE v.township_id = %(town)s)
"""
"""SQL, before a SELECT: persons of `town` with the village that they live in, their own or else the household's."""
