import { type Bus, type BusStream, connect } from "@luxbus/client"
import prettyBytes from "pretty-bytes"

const JOB_ID = "demo-transfer"

/** The demo's transfer as a job of its own, for who watches the page: progress on main, cuts on the error lane. */
export class TransferJob {
  readonly #bus: Bus
  readonly #stream: BusStream
  readonly #size: number

  private constructor(bus: Bus, stream: BusStream, size: number) {
    this.#bus = bus
    this.#stream = stream
    this.#size = size
  }

  /**
   * @param url the broker's
   * @param command what the job says it runs
   * @param size of the file, in bytes
   */
  static async open(url: string, command: readonly string[], size: number): Promise<TransferJob> {
    const bus = await connect(url)
    return new TransferJob(bus, await bus.open(JOB_ID, { headers: { command: [...command] } }), size)
  }

  /** @param bytes sent so far */
  advance(bytes: number): void {
    const percent = String(Math.floor((bytes * 100) / this.#size)).padStart(3)
    this.#write("main", `${percent} %  ${prettyBytes(bytes)} of ${prettyBytes(this.#size)}`)
  }

  /** What the network did. */
  remark(text: string): void {
    this.#write("error", text)
  }

  /** What was sent and received, once it is over. */
  result(text: string): void {
    this.#write("main", text)
  }

  async end(whole: boolean): Promise<void> {
    if (whole) await this.#stream.end()
    else await this.#stream.fail({ message: "what arrived is not what was sent" })
    await this.#bus.close()
  }

  #write(lane: "main" | "error", line: string): void {
    // The demo is about the transfer: where this fails, its end says so.
    this.#stream[lane].write(`${line}\n`).catch(() => {})
  }
}
