"""Generated packs and generated claims, for the tests of pack authors and for our own.

    from hypothesis import given
    from doudi.testing import claims, packs, shelf_of

    @given(claims(my_pack))                    # 一个人一年里的几次就医，适合 my_pack 的代码和各层
    def test_nobody_pays_twice(visits): ...

`packs` and `pack_files` are Hypothesis strategies of valid policies of the shapes that the language has;
`claims` gives the visits of one person that a pack can settle, in their order; `claim_lines` the lines of
one bill. What they give is valid: a fault, an exception or a sum that does not conserve is a defect of the
engine. Needs Hypothesis, which nothing else in this package imports.
"""

from doudi.testing.amounts import amounts
from doudi.testing.claims import claims
from doudi.testing.files import PACK_ID, PackFiles, files_of, load_files, shelf_of
from doudi.testing.lines import claim_lines
from doudi.testing.packs import pack_documents, pack_files, packs

__all__ = [
    "PACK_ID",
    "PackFiles",
    "amounts",
    "claim_lines",
    "claims",
    "files_of",
    "load_files",
    "pack_documents",
    "pack_files",
    "packs",
    "shelf_of",
]
