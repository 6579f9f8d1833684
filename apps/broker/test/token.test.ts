import { createHash } from "node:crypto"
import { expect, test } from "vitest"
import { newToken } from "../src/index.ts"
import { tokenCheck } from "../src/token.ts"

test("a new token has 256 random bits, and its hash is the SHA-256 of its text", () => {
  const { token, hash } = newToken()
  expect(token).toMatch(/^lux_[\w-]{43}$/)
  expect(hash).toBe(createHash("sha256").update(token).digest("hex"))
  expect(newToken().token).not.toBe(token)
})

test("a known token is its client's id", () => {
  const [ci, laptop] = [newToken(), newToken()]
  const check = tokenCheck({ [ci.hash]: "ci", [laptop.hash]: "laptop" })
  expect([check(ci.token), check(laptop.token)]).toEqual(["ci", "laptop"])
})

test("an unknown token, the hash itself, and none at all are unauthenticated", () => {
  const { hash } = newToken()
  const check = tokenCheck({ [hash]: "ci" })
  for (const token of ["lux_other", hash, "", undefined])
    expect(() => check(token)).toThrow(expect.objectContaining({ code: "unauthenticated" }))
})
