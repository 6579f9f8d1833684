/** Frames of one stream that were written as text, for whoever knows the stream by its name alone. */
export interface SharedText {
  /** The broker-wide alias that all of the frames bear. */
  readonly alias: number
  readonly texts: readonly string[]
}

/**
 * What was last written as text for one of many connections that are handed the same frames: a topic's batch goes to
 * all subscribers at its tail one after the other, so that one entry serves them all, and nothing is kept longer.
 */
export class SharedTexts {
  #frames: Uint8Array | undefined
  #text: SharedText | undefined

  /** What these very frames were written as; undefined where they were not the last ones. */
  of(frames: Uint8Array): SharedText | undefined {
    return frames === this.#frames ? this.#text : undefined
  }

  /** Keeps what a batch was written as, in place of the one before. */
  keep(frames: Uint8Array, text: SharedText): void {
    this.#frames = frames
    this.#text = text
  }
}
