import { preset } from "@luxbus/test-preset"

export default preset({ globalSetup: "test/support/bundle.ts", maxWorkers: 2, testTimeout: 30_000 })
