import type { Acceptor, Bus, Subscription } from "@luxbus/client"
import type { Client, ClientOptions, Pipe, RunningServer, System } from "../system.ts"

/** luxbus with its defaults, through the public API alone. */
export const luxbus: System = {
  async serve(): Promise<RunningServer> {
    const { createServer } = await import("@luxbus/server")
    return createServer().listen()
  },

  async connect(url: string, { id, onFailure }: ClientOptions): Promise<Client> {
    const { connect } = await import("@luxbus/client")
    return luxbusClient(await connect(url, { id }), onFailure)
  },
}

function luxbusClient(bus: Bus, onFailure: (error: Error) => void): Client {
  let closing = false
  // What is being read ends with `closed` when the bus is closed.
  const report = (error: Error) => {
    if (!closing) onFailure(error)
  }
  return {
    publish: (subject, data) => bus.publish(subject, data),
    async subscribe(subject, onMessage) {
      const subscription = bus.subscribe(subject)
      await subscription.opened
      readEvents(subscription, onMessage).catch(report)
    },
    async openPipe(name, to): Promise<Pipe> {
      const stream = await bus.open(name, { to })
      return {
        verifies: true,
        write: (data) => stream.main.write(data),
        async end() {
          await stream.end()
          const { status } = await stream.outcome
          if (status !== "done") throw new Error(`The pipe ended as ${status}.`)
        },
      }
    },
    async acceptPipe(name, onChunk) {
      readStreams(bus.accept(name), onChunk).catch(report)
    },
    close() {
      closing = true
      return bus.close()
    },
  }
}

async function readEvents(subscription: Subscription, onMessage: (data: Uint8Array) => void): Promise<void> {
  for await (const event of subscription) onMessage(event.data as Uint8Array)
}

async function readStreams(streams: Acceptor, onChunk: (data: Uint8Array) => void): Promise<void> {
  for await (const stream of streams) {
    for await (const chunk of stream.main) onChunk(chunk as Uint8Array)
    await stream.end()
  }
}
