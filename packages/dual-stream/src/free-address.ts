import type { Carrier } from "./carrier.ts"

/**
 * Frees an address that the other side's START names. Who uses an alias again has let go of what it stood for: that end
 * is left without a connection.
 */
export function freeAddress(carrier: Carrier, address: number): void {
  const end = carrier.bound(address)
  if (end === undefined) return
  carrier.release(address)
  end.detach()
}
