"""Routes: the ledger's entries, its seals and proofs."""

from typing import Any

from django.http import HttpRequest

from doudi_web.api.interface import actor, api
from doudi_web.api.shapes import WHOLE, described, keys, maybe, ref
from doudi_web.settlement import sealing, selectors


@api.get(
    "/api/v1/ledger/entries", operation_id="entries", openapi_extra=described({200: ref("Entries")})
)
def entries(request: HttpRequest, after: int = 0, limit: int = 1000) -> dict[str, Any]:
    """分录，按记账的次序。"""
    return selectors.entries(actor(request), after, min(max(limit, 1), 10_000))


@api.post(
    "/api/v1/ledger/seal",
    operation_id="seal",
    openapi_extra=described({200: keys({"sealed": WHOLE, "head": maybe(ref("Head"))})}),
)
def seal(request: HttpRequest) -> dict[str, Any]:
    """现在就封：记了账还没有封的，都封进台账。回答封了几笔、现在的封头。"""
    return sealing.seal_now(actor(request))


@api.get(
    "/api/v1/ledger/head",
    operation_id="ledger_head",
    openapi_extra=described({200: ref("Head")}, faults=(404,)),
)
def head(request: HttpRequest) -> dict[str, Any]:
    """现在的封头：大小、根、时间、公钥、签名。请外面的见证人留一份。"""
    return sealing.standing_head(actor(request))


@api.get(
    "/api/v1/ledger/extension",
    operation_id="ledger_extension",
    openapi_extra=described({200: ref("Extension")}, faults=(404,)),
)
def extension(request: HttpRequest, first: int) -> dict[str, Any]:
    """证明：现在的台账是以前那 first 笔的延长，以前的没有改。"""
    return sealing.extension(actor(request), first)


@api.get(
    "/api/v1/ledger/proof/{settlement}",
    operation_id="ledger_proof",
    openapi_extra=described({200: ref("Proof")}, faults=(404, 409)),
)
def proof(request: HttpRequest, settlement: int) -> dict[str, Any]:
    """证明：这笔结算的结果在封好的台账里。用文档里的小程序核对，不用信任服务器。"""
    return sealing.proof(actor(request), settlement)
