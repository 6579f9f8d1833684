/**
 * What was last written as text for one of many connections that are handed the same frames: a topic's batch goes to
 * all subscribers at its tail one after the other, so that one entry serves them all, and nothing is kept longer.
 */
export class SharedTexts {
  #frames: Uint8Array | undefined
  #texts: readonly string[] = []

  /** What these very frames were written as; undefined where they were not the last ones. */
  of(frames: Uint8Array): readonly string[] | undefined {
    return frames === this.#frames ? this.#texts : undefined
  }

  keep(frames: Uint8Array, texts: readonly string[]): void {
    this.#frames = frames
    this.#texts = texts
  }
}
