import { type Bus, connect } from "@luxbus/client"
import { createServer } from "@luxbus/server"
import { openCuttingProxy } from "../cutting-proxy.ts"
import { serveModel } from "./model.ts"
import { pageFiles } from "./page-files.ts"

// In life the model is a process of its own, beside a broker (`luxbus serve`). Here the page comes from the broker's address.
const server = createServer()
const { url } = await server.listen({ onRequest: await pageFiles() })
const network = await openCuttingProxy(url)
const bus = await connect(url, { id: "model" })
const serving = [serveModel(bus), cutWhenAsked(bus)]

console.log(`Open ${network.url.replace("ws:", "http:")} and ask. Ctrl-C ends it.`)
await new Promise((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve))

await bus.close()
await Promise.allSettled(serving)
network.close()
await server.close()

/** For the button that shows what a lost connection does: any page may ask for it. */
async function cutWhenAsked(bus: Bus): Promise<void> {
  for await (const _ of bus.subscribe("cut")) network.cut()
}
