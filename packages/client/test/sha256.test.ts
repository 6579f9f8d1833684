import { createHash } from "node:crypto"
import { sha256 } from "@noble/hashes/sha2.js"
import { expect, test } from "vitest"
import { platformSha256 } from "../src/sha256.ts"

test("gives the same digest as node:crypto and as the browser's implementation, fed in parts", () => {
  const hash = platformSha256()()
  hash.update(new TextEncoder().encode("lux"))
  hash.update(new TextEncoder().encode("bus"))
  const digest = hash.digest()
  expect(Buffer.from(digest).toString("hex")).toBe(createHash("sha256").update("luxbus").digest("hex"))
  expect([...sha256(new TextEncoder().encode("luxbus"))]).toEqual([...digest])
})
