import type { Bus } from "@luxbus/client"
import { FILE_PATTERN, type FileOffer, parseOffer, safeBaseName } from "@luxbus/file-transfer"
import { Listeners, type Observable } from "../shared/observable.ts"
import { receiveTransfer, sendTransfer } from "./run-transfer.ts"
import { Transfer } from "./transfer.ts"

/** Files that arrive at once; further senders wait. */
const MAX_PENDING = 4

/** A tab's transfers, both ways. It takes what other clients send to it. */
export class Transfers implements Observable {
  readonly #bus: Bus
  readonly #now: () => number
  readonly #listeners = new Listeners()
  readonly #stop = new AbortController()
  #transfers: readonly Transfer[] = []

  constructor(bus: Bus, now: () => number) {
    this.#bus = bus
    this.#now = now
    void this.#receive()
  }

  /** Newest first. */
  get all(): readonly Transfer[] {
    return this.#transfers
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.subscribe(listener)
  }

  send(file: File, peer: string): void {
    const facts = { direction: "sent", name: safeBaseName(file.name), size: file.size, peer } as const
    void sendTransfer(this.#bus, file, this.#add(new Transfer(facts, this.#now)))
  }

  /** Takes nothing more. */
  close(): void {
    this.#stop.abort()
  }

  async #receive(): Promise<void> {
    try {
      const acceptor = this.#bus.accept(FILE_PATTERN, { maxPending: MAX_PENDING, signal: this.#stop.signal })
      for await (const stream of acceptor) {
        const offer = parsedOffer(stream.headers)
        const facts = {
          direction: "received",
          name: safeBaseName(offer.name),
          size: offer.size,
          peer: stream.peer ?? "",
        } as const
        void receiveTransfer(stream, this.#add(new Transfer(facts, this.#now)))
      }
    } catch {
      // The bus is over; its status says why.
    }
  }

  #add(transfer: Transfer): Transfer {
    this.#transfers = [transfer, ...this.#transfers]
    this.#listeners.tell()
    return transfer
  }
}

/** A stream that names no file is received all the same, under a name of ours: its bytes are what it is about. */
function parsedOffer(headers: Parameters<typeof parseOffer>[0]): FileOffer {
  try {
    return parseOffer(headers)
  } catch {
    return { name: "" }
  }
}
