import { preset } from "@luxbus/test-preset"

export default preset({ globalSetup: "test/support/build-page.ts", maxWorkers: 2 })
