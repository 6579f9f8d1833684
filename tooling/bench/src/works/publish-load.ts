import { SendWindow } from "../send-window.ts"
import type { Client, System } from "../system.ts"
import type { Delivered, Load, RunLimit } from "../work.ts"
import { checkNumber, NumberedMessages } from "./numbered-messages.ts"

/** Messages under way to each subscriber: enough to keep everybody busy, little enough to bound memory. */
const WINDOW_MESSAGES = 1_024

const SUBJECT = "bench.messages"

export interface PublishLoadOptions {
  readonly subscribers: number
  readonly messageBytes: number
  readonly onFailure: (error: Error) => void
}

/** One client that publishes on one subject, and others that subscribe to it and look at all that they get. */
export async function connectPublishLoad(
  system: System,
  url: string,
  { subscribers, messageBytes, onFailure }: PublishLoadOptions,
): Promise<Load> {
  const window = new SendWindow(WINDOW_MESSAGES, subscribers)
  const publisher = await system.connect(url, { id: "publisher", onFailure })
  const clients = [publisher]
  for (let index = 0; index < subscribers; index++) {
    const client = await system.connect(url, { id: `subscriber${index}`, onFailure })
    await client.subscribe(SUBJECT, checkedReceiver(window, messageBytes))
    clients.push(client)
  }
  const messages = new NumberedMessages(messageBytes, 2 * WINDOW_MESSAGES)
  return {
    run: (limit) => publish(publisher, messages, window, limit),
    async close() {
      await Promise.all(clients.map((client) => client.close()))
    },
  }
}

function checkedReceiver(window: SendWindow, messageBytes: number): (data: Uint8Array) => void {
  let expected = 0
  return (data) => {
    checkNumber(data, expected++, messageBytes)
    window.receive(1)
  }
}

async function publish(
  publisher: Client,
  messages: NumberedMessages,
  window: SendWindow,
  { seconds, maxMessages }: RunLimit,
): Promise<Delivered> {
  const receivedBefore = window.received
  const last = messages.taken + maxMessages
  const startedAt = performance.now()
  const endsAt = startedAt + seconds * 1_000
  while (messages.taken < last && performance.now() < endsAt) {
    while (window.isOpen && messages.taken < last) {
      window.send(1)
      const queued = publisher.publish(SUBJECT, messages.take())
      if (queued !== undefined) await queued
    }
    await window.halfFree()
  }
  await window.empty()
  const elapsedMs = performance.now() - startedAt
  const deliveries = window.received - receivedBefore
  return { deliveries, bytes: deliveries * messages.messageBytes, elapsedMs }
}
