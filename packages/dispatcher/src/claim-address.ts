import { type Carrier, freeAddress, type StreamEnd } from "@luxbus/dual-stream"

/** Binds an address that a client's START names, unless it is bound to this end already. */
export function claimAddress(carrier: Carrier, address: number, end: StreamEnd): void {
  if (carrier.bound(address) === end) return
  freeAddress(carrier, address)
  carrier.bind(address, end)
}
