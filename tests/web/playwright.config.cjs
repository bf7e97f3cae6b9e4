// Run by crates/web/tests/browser.rs, which starts the server and gives its address.
const { defineConfig } = require('@playwright/test');

module.exports = defineConfig({
  testDir: __dirname,
  testMatch: '*.spec.cjs',
  outputDir: '../../target/web-tests',
  reporter: 'line',
  workers: 1,
  forbidOnly: true,
  // Generous: a loaded machine is no fault of a page.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  use: {
    baseURL: process.env.HAIRLINE_URL,
    locale: 'en-GB',
    timezoneId: 'Europe/Lisbon',
    launchOptions: {
      executablePath: process.env.HAIRLINE_CHROMIUM,
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'],
    },
  },
});
