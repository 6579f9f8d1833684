import { expect, test } from "vitest"
import { startExample } from "../support/example.ts"

const FILE_BYTES = 12_000_000

test("an upload goes on where it was after each cut, and both ends have the same SHA-256", async () => {
  const { code, output } = await startExample("resumable-upload").ended
  expect(code, output).toBe(0)
  expect(output.match(/sender {3}\| suspended/g)).toHaveLength(2)
  const sent = /sent {5}\| (\d+) bytes, SHA-256 ([0-9a-f]{64})/.exec(output)
  const received = /received \| (\d+) bytes, SHA-256 ([0-9a-f]{64})/.exec(output)
  expect(Number(sent?.[1])).toBe(FILE_BYTES)
  expect(received?.slice(1)).toEqual(sent?.slice(1))
  expect(output).toContain("The file is whole.")
  const [, repeated, through] = /sent twice: (\d+) bytes; through the network: (\d+)/.exec(output) ?? []
  // What is under way at a cut is at most the credit of a lane, 1 MiB. To begin anew would be 3.6 MB and 8.4 MB.
  expect(Number(repeated)).toBeLessThan(2 * 1_048_576)
  expect(Number(through)).toBeGreaterThan(FILE_BYTES)
  expect(Number(through)).toBeLessThan(FILE_BYTES + 2.5 * 1_048_576)
})
