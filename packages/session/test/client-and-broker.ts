import { ManualClock } from "@luxbus/clock/testing"
import type { Dial } from "@luxbus/transport"
import type { ClientSessionOptions } from "../src/index.ts"
import { TestBroker, type TestBrokerOptions } from "./test-broker.ts"
import { TestClient } from "./test-client.ts"

/** A client, and the broker that it dials. */
export function setUp(options: ClientSessionOptions & { broker?: TestBrokerOptions; dial?: Dial } = { id: "alice" }) {
  const clock = new ManualClock()
  const { broker: brokerOptions, dial, ...clientOptions } = options
  const broker = new TestBroker(clock, brokerOptions)
  const client = new TestClient(clock, dial ?? broker.place.dial, clientOptions)
  return { clock, broker, client, session: client.session }
}

export const lastError = (client: TestClient) => client.session.status.error
