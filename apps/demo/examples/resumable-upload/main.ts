import { randomBytes } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Bus, connect } from "@luxbus/client"
import { createServer } from "@luxbus/server"
import { openCuttingProxy } from "../cutting-proxy.ts"
import { type Received, receiveUpload } from "./receive-upload.ts"
import { uploadFile } from "./upload-file.ts"

const FILE_BYTES = 12_000_000
const CUTS_AT = [0.3, 0.7]

const folder = await mkdtemp(join(tmpdir(), "luxbus-upload-"))
const path = join(folder, "photos.tar")
await writeFile(path, randomBytes(FILE_BYTES))

// In life these are three processes: a broker (`luxbus serve`), a receiver, and a sender with a bad network.
const server = createServer()
const { url } = await server.listen()
const network = await openCuttingProxy(url)
const sender = await connect(network.url, { id: "laptop" })
const receiver = await connect(url, { id: "archive" })

sender.onStatus(({ state }) => console.log(`sender   | ${state}`))
const receiving = receive(receiver)
const sent = await uploadFile(sender, path, "archive")
const received = await receiving

console.log(`sent     | ${sent.bytes} bytes, SHA-256 ${sent.sha256}`)
console.log(`received | ${received.bytes} bytes, SHA-256 ${received.sha256}`)
console.log(sent.sha256 === received.sha256 ? "The file is whole." : "The file is damaged!")
console.log(
  `${CUTS_AT.length} cuts; sent twice: ${sent.repeatedBytes} bytes; through the network: ${network.sentBytes}`,
)

await sender.close()
await receiver.close()
network.close()
await server.close()
await rm(folder, { recursive: true })

async function receive(bus: Bus): Promise<Received> {
  const uploads = bus.accept("upload")
  const stream = await uploads.next()
  if (stream === undefined) throw new Error("nobody uploads any more")
  const cuts = [...CUTS_AT]
  let shownPercent = 0
  const received = await receiveUpload(stream, join(folder, "received"), (bytes) => {
    const percent = Math.floor((10 * bytes) / FILE_BYTES) * 10
    if (percent > shownPercent) console.log(`receiver | ${percent} %`)
    shownPercent = percent
    if (bytes < FILE_BYTES * (cuts[0] ?? 2)) return
    cuts.shift()
    network.cut()
  })
  await uploads.close()
  return received
}
