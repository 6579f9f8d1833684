import { fileURLToPath } from "node:url"
import { type Bus, connect } from "@luxbus/client"
import { createServer, type Server } from "@luxbus/server"
import { inject } from "vitest"
import { DEMO_CLIENT_ID, type DemoJob, demoJob, demoPage } from "../../src/index.ts"

/** The script of {@link openStage} that tests use where the real one would take too long. */
export const QUICK_JOB = fileURLToPath(new URL("./quick-job.mjs", import.meta.url))

/** A broker that serves the page and offers the demo job. */
export interface Stage extends AsyncDisposable {
  readonly server: Server
  readonly demo: DemoJob
  /** Of the page. */
  readonly url: string
  /** Of the broker. */
  readonly busUrl: string
  /** Connects a client of the test's own, which is closed with the stage. */
  client(id?: string): Promise<Bus>
}

/**
 * @param script what the demo job runs
 * @param port default: any
 */
export async function openStage(script: string, maxAtOnce = 3, port = 0): Promise<Stage> {
  const server = createServer()
  const listener = await server.listen({ port, onRequest: demoPage({ folder: inject("page") }) })
  const clients: Bus[] = []
  const client = async (id?: string) => {
    const bus = await connect(listener.url, id === undefined ? {} : { id })
    clients.push(bus)
    return bus
  }
  const demo = demoJob(await client(DEMO_CLIENT_ID), { script, maxAtOnce })
  return {
    server,
    demo,
    client,
    url: listener.url.replace("ws:", "http:"),
    busUrl: listener.url,
    async [Symbol.asyncDispose]() {
      await demo.close()
      await Promise.all(clients.map((bus) => bus.close()))
      await server.close()
    },
  }
}
