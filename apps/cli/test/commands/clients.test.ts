import type { ClientSummary } from "@luxbus/client/operator"
import { expect, test } from "vitest"
import { clientsTable } from "../../src/commands/clients.ts"

const client: ClientSummary = {
  id: "worker/7",
  connectedAtMs: 1_000,
  remoteAddress: "127.0.0.1",
  protocol: "luxbus.v1.bin",
  streams: 12,
}

test("one aligned row per client, under a heading", () => {
  const page = { ...client, id: "page", connectedAtMs: 3_601_000, protocol: "luxbus.v1.json", streams: 0 }
  expect(clientsTable([client, page], 3_661_000)).toEqual([
    "ID        CONNECTED  FROM       PROTOCOL        STREAMS",
    "worker/7  1h ago     127.0.0.1  luxbus.v1.bin   12",
    "page      1m ago     127.0.0.1  luxbus.v1.json  0",
  ])
})
