import type { Carrier, StreamEnd } from "@luxbus/dual-stream"

/**
 * Frees an address that a client's START names. A client that uses an alias again has let go of what it stood for: that
 * end is left without a connection.
 */
export function freeAddress(carrier: Carrier, address: number): void {
  const end = carrier.bound(address)
  if (end === undefined) return
  carrier.release(address)
  end.detach()
}

/** Binds an address that a client's START names, unless it is bound to this end already. */
export function claimAddress(carrier: Carrier, address: number, end: StreamEnd): void {
  if (carrier.bound(address) === end) return
  freeAddress(carrier, address)
  carrier.bind(address, end)
}
