import type { IncomingMessage } from "node:http"
import { expect, test } from "vitest"
import { RequestGuard } from "../src/request-guard.ts"

/** What the guard answers to a request for `host` that came in at `localAddress` of a server bound to `boundHost`. */
function statusOf(boundHost: string | undefined, localAddress: string, host: string): number | undefined {
  const guard = new RequestGuard({ origins: [], hosts: [], boundHost })
  return guard.refusalOf({ headers: { host }, socket: { localAddress } } as IncomingMessage)?.status
}

test.each([
  ["the address that it came in at", "0.0.0.0", "192.0.2.7", "192.0.2.7:8080"],
  ["that address in IPv6", "::", "2001:db8::7", "[2001:db8::7]:8080"],
  ["that address in IPv4, on a socket of both", "::", "::ffff:192.0.2.7", "192.0.2.7"],
  ["the name that it is bound to", "bus.example", "192.0.2.7", "bus.example"],
  ["the IPv6 address that it is bound to", "2001:db8::7", "2001:db8::7", "[2001:db8::7]"],
])("lets in a Host that is %s", (_what, boundHost, localAddress, host) => {
  expect(statusOf(boundHost, localAddress, host)).toBe(undefined)
})

test.each([
  ["another address", "0.0.0.0", "192.0.2.7", "192.0.2.8"],
  ["another name", "bus.example", "192.0.2.7", "evil.example"],
  ["a name, where it is not known what it is bound to", undefined, "192.0.2.7", "bus.example"],
])("refuses a Host that is %s", (_what, boundHost, localAddress, host) => {
  expect(statusOf(boundHost, localAddress, host)).toBe(403)
})
