"""The operator's identity service, off the ledger: who is which pseudonym, what is which carrier.

Providers know people and vehicles; the ledger must know neither. This service turns both into
keyed tags. Two platforms that report one ride name the same person and the same bike, so they
arrive at the same claim key, whatever order numbers of their own they use.
"""

import hashlib
import hmac

PSEUDONYM_BYTES = 16
CARRIER_TAG_BYTES = 16


class IdentityService:
    def __init__(self, key):
        self._key = key

    def pseudonym(self, person):
        return self._tag("person", person)[:PSEUDONYM_BYTES].hex()

    def carrier_tag(self, kind, carrier):
        return self._tag(kind, carrier)[:CARRIER_TAG_BYTES].hex()

    def _tag(self, kind, name):
        return hmac.new(self._key, f"{kind}:{name}".encode(), hashlib.sha256).digest()
