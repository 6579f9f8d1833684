import { expect, test } from "vitest"
import { offerHeaders, parseDigest, parseOffer } from "../src/index.ts"

test("an offer survives the headers, with and without what is optional", () => {
  for (const offer of [
    { name: "a", size: 3, mode: 0o755 },
    { name: "stdin", size: undefined, mode: undefined },
  ])
    expect(parseOffer(JSON.parse(JSON.stringify(offerHeaders(offer))))).toEqual(offer)
})

test("headers without an offer are refused; nonsense in optional fields is left out", () => {
  for (const headers of [undefined, {}, { file: 5 }, { file: { name: 5 } }, { file: { size: 1 } }])
    expect(() => parseOffer(headers)).toThrow(expect.objectContaining({ code: "invalid_payload" }))
  expect(parseOffer({ file: { name: "a", size: -1, mode: "x" } })).toEqual({
    name: "a",
    size: undefined,
    mode: undefined,
  })
})

test("permission bits only: no set-user-id comes with a file", () => {
  expect(parseOffer({ file: { name: "a", mode: 0o104755 } }).mode).toBe(0o755)
})

test("a digest is 64 hex digits and a count", () => {
  const sha256 = "ab".repeat(32)
  expect(parseDigest({ sha256, bytes: 0 })).toEqual({ sha256, bytes: 0 })
  for (const payload of [null, "x", {}, { sha256, bytes: -1 }, { sha256: "AB", bytes: 1 }])
    expect(() => parseDigest(payload)).toThrow(expect.objectContaining({ code: "invalid_payload" }))
})
