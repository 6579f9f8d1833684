import { ManualClock } from "@luxbus/clock/testing"
import { TestBroker } from "./test-broker.ts"
import { run, TestClient } from "./test-client.ts"

/** A client that a broker has welcomed. */
export async function connected(options: { latencyMs?: number } = {}) {
  const clock = new ManualClock()
  const broker = new TestBroker(clock, options)
  const client = new TestClient(clock, broker.place.dial)
  client.session.start()
  await run(clock, 100)
  return { clock, broker, client, session: client.session }
}

export const words = (count: number, of = "w") => Array.from({ length: count }, (_, i) => `${of}${i}.`)
