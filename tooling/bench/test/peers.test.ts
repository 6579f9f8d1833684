import { createRequire } from "node:module"
import { expect, it } from "vitest"

const here = createRequire(import.meta.url)

it.each([
  ["the raw relay and luxbus", ["ws"]],
  ["Socket.IO's server", ["socket.io", "engine.io", "ws"]],
  ["Socket.IO's client", ["socket.io-client", "engine.io-client", "ws"]],
])("gives bufferutil to the ws of %s", (_, path) => {
  const require = path.reduce((from, name) => createRequire(from.resolve(name)), here)
  expect(require("bufferutil")).toMatchObject({ mask: expect.any(Function), unmask: expect.any(Function) })
})
