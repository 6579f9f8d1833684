import { expect, test } from "vitest"
import { brokerUrl } from "../../../src/browser/shared/broker-link.ts"

test("the broker is where the page came from, by whatever path and scheme", () => {
  const at = (url: string) => brokerUrl(new URL(url))
  expect(at("http://127.0.0.1:7700/index.html#job=a")).toBe("ws://127.0.0.1:7700/")
  expect(at("https://example.org/bus/send.html")).toBe("wss://example.org/bus/")
})
