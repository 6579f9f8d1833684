import { BusError } from "@luxbus/packet"

/** Something of a client that is loaded when it is first asked for. Where it cannot be, the next call is another attempt. */
export class LaterPart<T> {
  readonly #what: string
  readonly #load: () => Promise<T>
  #loading: Promise<T> | undefined
  #loaded: T | undefined

  /** @param what needs it, for the error's message */
  constructor(what: string, load: () => Promise<T>) {
    this.#what = what
    this.#load = load
  }

  /** Undefined while it is not there. */
  get loaded(): T | undefined {
    return this.#loaded
  }

  /** @throws BusError `connection_lost` where it cannot be loaded; or rejects with it */
  get(): Promise<T> {
    this.#loading ??= this.#load().then(
      (part) => {
        this.#loaded = part
        return part
      },
      (cause) => {
        this.#loading = undefined
        throw new BusError("connection_lost", `What ${this.#what} need could not be loaded.`, { cause })
      },
    )
    return this.#loading
  }
}
