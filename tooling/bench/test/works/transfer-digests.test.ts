import { expect, it } from "vitest"
import { TransferDigests } from "../../src/works/transfer-digests.ts"

const CHUNK = Uint8Array.of(1, 2, 3, 4)

it("accepts a transfer that arrived as it was written, however it was cut", () => {
  const digests = new TransferDigests()
  digests.begin(true)
  digests.addWritten(CHUNK)
  digests.addReceived(CHUNK.subarray(0, 1))
  digests.addReceived(CHUNK.subarray(1))
  digests.compare()
})

it("finds one changed byte", () => {
  const digests = new TransferDigests()
  digests.begin(true)
  digests.addWritten(CHUNK)
  digests.addReceived(Uint8Array.of(1, 2, 3, 5))
  expect(() => digests.compare()).toThrow("SHA-256")
})

it("begins anew with each transfer", () => {
  const digests = new TransferDigests()
  digests.begin(true)
  digests.addWritten(CHUNK)
  digests.begin(true)
  digests.compare()
})

it("leaves it to a system that does it itself", () => {
  const digests = new TransferDigests()
  digests.begin(false)
  digests.addWritten(CHUNK)
  digests.compare()
})
