import { expect, test } from "vitest"
import { consumerManifest } from "../../src/consume/consumer.js"
import { oldestVersion } from "../../src/consume/oldest-node.js"

const packages = new Map(
  Object.entries({ "@luxbus/client": { "@luxbus/packet": "^0" }, "@luxbus/packet": {}, "@luxbus/server": {} }).map(
    ([name, dependencies]) => [
      name,
      {
        name,
        tarball: `/packed/${name.slice(8)}.tgz`,
        manifest: { name, version: "0.0.0", dependencies },
        files: new Map(),
      },
    ],
  ),
)

test("a user installs the package and what the example imports; the rest comes as their dependency, out of tarballs", () => {
  const example =
    'import { connect } from "@luxbus/client"\nimport { createServer } from "@luxbus/server"\nimport "vitest"'
  const { dependencies, overrides } = consumerManifest("@luxbus/client", [example], packages, (name) => `${name}'s`)
  expect(dependencies).toEqual({
    "@luxbus/client": "file:///packed/client.tgz",
    "@luxbus/server": "file:///packed/server.tgz",
    vitest: "vitest's",
    "@types/node": "@types/node's",
  })
  expect(overrides).toEqual({ "@luxbus/packet": "file:///packed/packet.tgz" })
})

test("the oldest Node is the lower end of the range", () => {
  expect(oldestVersion(">=20.19")).toBe("20.19.0")
  expect(oldestVersion(">=22.12.3")).toBe("22.12.3")
  expect(() => oldestVersion("^20.19.0 || >=22.12.0")).toThrow("expected >=major.minor")
})
