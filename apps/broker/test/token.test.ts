import { createHash } from "node:crypto"
import { expect, test } from "vitest"
import { newToken } from "../src/index.ts"
import { tokenCheck } from "../src/token.ts"
import type { TokenEntry } from "../src/token-schema.ts"

test("a new token has 256 random bits, and its hash is the SHA-256 of its text", () => {
  const { token, hash } = newToken()
  expect(token).toMatch(/^lux_[\w-]{43}$/)
  expect(hash).toBe(createHash("sha256").update(token).digest("hex"))
  expect(newToken().token).not.toBe(token)
})

test("a known token is its client's id, which may everything", () => {
  const [ci, laptop] = [newToken(), newToken()]
  const check = tokenCheck({ [ci.hash]: "ci", [laptop.hash]: { id: "laptop" } })
  expect([check(ci.token), check(laptop.token)]).toEqual([{ id: "ci" }, { id: "laptop" }])
})

test("a token may what it is allowed and no more, and is no operator's unless that is said", () => {
  const { token, hash } = newToken()
  const permissionsOf = (entry: Omit<Exclude<TokenEntry, string>, "id">) =>
    tokenCheck({ [hash]: { id: "ci", ...entry } })(token).permissions
  const allow = { attach: ["build.*"] }
  expect(permissionsOf({ allow })).toEqual({ attach: ["build.*"], operator: false })
  expect(permissionsOf({ allow, operator: true })).toEqual({ attach: ["build.*"], operator: true })
  expect(permissionsOf({ operator: true })).toBeUndefined()
  expect(permissionsOf({ operator: false })).toMatchObject({ attach: [">"], open: [">"], operator: false })
  expect(permissionsOf({ operator: false })).not.toHaveProperty("takeover")
})

test("a token expires at its time, a date alone at midnight UTC", () => {
  const { token, hash } = newToken()
  const expiryOf = (expiresAt: string) => tokenCheck({ [hash]: { id: "ci", expiresAt } })(token).expiresAtMs
  expect(expiryOf("2027-01-31T12:00:00+01:00")).toBe(Date.UTC(2027, 0, 31, 11))
  expect(expiryOf("2027-01-31")).toBe(Date.UTC(2027, 0, 31))
})

test("an unknown token, the hash itself, and none at all are unauthenticated", () => {
  const { hash } = newToken()
  const check = tokenCheck({ [hash]: "ci" })
  for (const token of ["lux_other", hash, "", undefined])
    expect(() => check(token)).toThrow(expect.objectContaining({ code: "unauthenticated" }))
})
