import type { Client } from "../system.ts"
import type { Delivered, Load, RunLimit, Work } from "../work.ts"
import { Latencies } from "./latencies.ts"
import { checkNumber, NumberedMessages } from "./numbered-messages.ts"

/** Of both users together: far more than people type, as little as a server has to do for them. */
const KEYSTROKES_PER_SECOND = 1_000

/** What one keystroke says: who, where, which. */
const MESSAGE_BYTES = 16

/** More than one round sends in ten seconds, so that no message is used again while it may be under way. */
const POOL_MESSAGES = 10_000

/** Two users who type, by turns, each seeing what the other does. Timed from when each keystroke is due. */
export const keystrokes: Work = {
  name: "keystrokes",
  title: "16 B, 1 000/s between two users",
  measure: "latency",
  async prepare(system, url, onFailure): Promise<Load> {
    const latencies = new Latencies()
    const users = [
      await connectUser(await system.connect(url, { id: "user0", onFailure }), "bench.typed.0"),
      await connectUser(await system.connect(url, { id: "user1", onFailure }), "bench.typed.1"),
    ] as const
    for (const [index, user] of users.entries()) {
      const other = users[1 - index] ?? user
      await user.client.subscribe(other.subject, checkedReceiver(other, latencies))
    }
    return {
      run: (limit) => type(users, latencies, limit),
      async close() {
        await Promise.all(users.map(({ client }) => client.close()))
      },
    }
  },
}

interface User {
  readonly client: Client
  readonly subject: string
  readonly messages: NumberedMessages
  /** When each keystroke that is under way was due, the oldest first. */
  readonly due: number[]
}

async function connectUser(client: Client, subject: string): Promise<User> {
  return { client, subject, messages: new NumberedMessages(MESSAGE_BYTES, POOL_MESSAGES), due: [] }
}

function checkedReceiver({ due }: User, latencies: Latencies): (data: Uint8Array) => void {
  let expected = 0
  return (data) => {
    checkNumber(data, expected++, MESSAGE_BYTES)
    latencies.add(performance.now() - (due.shift() ?? Number.NaN))
  }
}

/** Looks at the time whenever the process has nothing else to do: a timer would come up to a millisecond late. */
async function type(
  users: readonly [User, User],
  latencies: Latencies,
  { seconds, maxMessages }: RunLimit,
): Promise<Delivered> {
  const count = Math.min(maxMessages, Math.ceil(seconds * KEYSTROKES_PER_SECOND))
  const startedAt = performance.now()
  latencies.begin()
  for (let number = 0; latencies.count < count; ) {
    for (; number < count; number++) {
      const dueAt = startedAt + (number * 1_000) / KEYSTROKES_PER_SECOND
      if (performance.now() < dueAt) break
      const { client, subject, messages, due } = number % 2 === 0 ? users[0] : users[1]
      due.push(dueAt)
      const queued = client.publish(subject, messages.take())
      if (queued !== undefined) await queued
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  const elapsedMs = performance.now() - startedAt
  return { deliveries: count, bytes: count * MESSAGE_BYTES, elapsedMs, latency: latencies.summary() }
}
