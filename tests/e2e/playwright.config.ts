import { defineConfig } from './base';

// The browsers of Debian: nothing is downloaded. HMIS_E2E_URL names a running server with the small
// demonstration, in test mode (script/e2e starts one).
export default defineConfig({
  testDir: '.',
  timeout: 240_000, // of a busy machine: no test is a measure of time
  expect: { timeout: 40_000 },
  workers: 2,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  reporter: 'line',
  use: {
    baseURL: process.env.HMIS_E2E_URL ?? 'http://127.0.0.1:8080',
    locale: 'en-IN',
    viewport: { width: 1366, height: 768 },
    trace: 'off',
  },
  projects: [
    {
      name: 'chromium',
      use: {
        browserName: 'chromium',
        launchOptions: {
          executablePath: '/usr/bin/chromium',
          args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
        },
      },
    },
    {
      name: 'firefox',
      use: { browserName: 'firefox', channel: 'moz-firefox', launchOptions: { executablePath: '/usr/bin/firefox-esr' } },
    },
  ],
});
