import { expect, test } from "vitest"
import { offerHeaders, parseDigest, parseOffer } from "../../../src/browser/send/file-offer.ts"
import { safeBaseName } from "../../../src/browser/send/safe-base-name.ts"

test("an offer comes back out of its headers", () => {
  for (const offer of [
    { name: "a.txt", size: 5 },
    { name: "-", size: undefined },
  ])
    expect(parseOffer(offerHeaders(offer))).toEqual(offer)
})

test("what offers no file, or is no digest, is invalid_payload", () => {
  expect(() => parseOffer({ file: { size: 1 } })).toThrow(expect.objectContaining({ code: "invalid_payload" }))
  for (const payload of [null, "x", {}, { sha256: "short", bytes: 1 }, { sha256: "a".repeat(64), bytes: -1 }])
    expect(() => parseDigest(payload)).toThrow(expect.objectContaining({ code: "invalid_payload" }))
})

test.each([
  ["../../etc/passwd", "passwd"],
  ["C:\\Users\\a\\b.txt", "b.txt"],
  ["..", "received"],
  ["", "received"],
  ["a\u202egpj.exe", "a_gpj.exe"],
  ["nul\u0000l:?.txt", "nul_l__.txt"],
])("%s is called %s", (name, safe) => {
  expect(safeBaseName(name)).toBe(safe)
})
