import { Bus, type BusStream, platformSha256 } from "@luxbus/client"
import { systemClock, systemRandom } from "@luxbus/clock"
import { createServer } from "@luxbus/server"
import { type MemoryPair, memoryListener } from "@luxbus/transport"
import { FILE_PATTERN, type FileOffer, fileStreamName, offerHeaders } from "../../src/index.ts"

/** Two ends of one duplex, through a broker in this process. */
export interface Pair extends AsyncDisposable {
  readonly sender: BusStream
  readonly receiver: BusStream
  /** Cuts the connections of both; they come back by themselves. */
  cut(): void
}

/** Opens a stream for a file. */
export async function openPair(offer: FileOffer = { name: "a.txt" }): Promise<Pair> {
  const clock = systemClock()
  const server = createServer({})
  const pairs = new Map<string, MemoryPair>()
  const connect = async (id: string) => {
    const place = memoryListener({ clock, onPair: (pair) => pairs.set(id, pair) })
    place.listen(server.accept)
    const bus = new Bus({ clock, random: systemRandom(), createHash: platformSha256(), dial: place.dial }, { id })
    await bus.connected
    return bus
  }
  const [from, to] = [await connect("sender"), await connect("receiver")]
  const acceptor = to.accept(FILE_PATTERN)
  const [sender, receiver] = await Promise.all([
    from.open(fileStreamName(), { to: "receiver", headers: offerHeaders(offer) }),
    acceptor.next(),
  ])
  if (receiver === undefined) throw new Error("nothing came")
  return {
    sender,
    receiver,
    cut() {
      for (const pair of pairs.values()) pair.cut()
    },
    async [Symbol.asyncDispose]() {
      await from.close()
      await to.close()
      await server.close()
    },
  }
}
