// What the tests share: people, signing in, and a page that fails the test for any error it logs.
import { expect, plain, type BrowserContext, type Page } from './base';

const PASSWORD = 'Neem-Lantern-Ghat-58'; // of the demonstration, and of nothing else
const ROLES: Record<string, string> = {
  operator: 'data_entry',
  'operator.several': 'data_entry',
  'operator.chc': 'data_entry',
  doctor: 'medical_officer',
  block: 'block',
  district: 'district',
  state: 'state',
  national: 'national',
  viewer: 'viewer',
};

export const PHONE = { width: 360, height: 640 };
export const DESKTOP = { width: 1366, height: 768 };

interface Watch {
  /** Failed calls a test provokes: "401 PATCH". Anything else a page logs fails the test. */
  allowed: RegExp[];
  seen: string[];
}

async function watch(context: BrowserContext, w: Watch): Promise<void> {
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  context.on('page', (page) => {
    page.on('pageerror', (error) => w.seen.push(`uncaught: ${error.message}`));
    page.on('console', (message) => {
      // A failed call is told by its status below, whatever the browser calls it.
      if (message.type() === 'error' && !/Failed to load resource|NetworkError/.test(message.text())) w.seen.push(message.text());
    });
    page.on('response', (response) => {
      if (response.status() >= 400) w.seen.push(`${response.status()} ${response.request().method()} ${new URL(response.url()).pathname}`);
    });
  });
}

interface Fixtures {
  watched: Watch;
  /** A browser of its own for one more person. */
  person: (size?: { width: number; height: number }, language?: string) => Promise<Page>;
  /** A month of the operator's PHC: another number in each file, for files run side by side. */
  month: (n: number) => string;
}

export const test = plain.extend<Fixtures>({
  watched: async ({}, use) => {
    const w: Watch = { allowed: [], seen: [] };
    await use(w);
    expect(w.seen.filter((line) => !w.allowed.some((pattern) => pattern.test(line)))).toEqual([]);
  },
  person: async ({ browser, baseURL, watched }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (size = DESKTOP, language = 'en') => {
      const context = await browser.newContext({ viewport: size, baseURL });
      contexts.push(context);
      await watch(context, watched);
      await context.addInitScript((code) => {
        if (location.protocol.startsWith('http')) localStorage.setItem('hmis.language', code);
      }, language);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },
  month: async ({}, use, info) => {
    // Numbers 1 to 16 are months from 2024 on, 19 to 22 of 2023: a year is shared by the two browsers. 23 is
    // December 2023 for both.
    const firefox = info.project.name === 'firefox';
    const name = (year: number, number: number) => `${year}-${String(number).padStart(2, '0')}`;
    await use((n) => {
      if (n > 18) return name(2023, n === 23 ? 12 : n - (firefox ? 11 : 15));
      return name(2024 + Math.floor((n - 1) / 6), ((n - 1) % 6) + (firefox ? 7 : 1));
    });
  },
});
export { expect };

/** Through the page, as a person does it: the answer of the real challenge is told in test mode only. */
export async function signInByHand(page: Page, who: string, open: () => Promise<unknown>): Promise<void> {
  const challenge = page.waitForResponse((r) => r.url().endsWith('/api/v1/captcha') && r.request().method() === 'POST');
  await open();
  const { test_answer: answer } = (await (await challenge).json()) as { test_answer: string };
  const name = page.locator('#username');
  if (await name.isEditable()) await name.fill(who);
  await page.locator('#password').fill(PASSWORD);
  await page.locator('#role').selectOption(ROLES[who]!);
  await page.locator('#captcha').fill(answer);
  await drawn(page);
  const begun = page.waitForResponse((r) => r.url().endsWith('/api/v1/session') && r.request().method() === 'POST');
  await page.locator('form.sign-in-form button[type=submit]').click();
  expect((await begun).status()).toBe(201);
  await expect(page.locator('form.sign-in-form')).toHaveCount(0);
}

/** The picture has come: it is gone from the server once its code is used. */
async function drawn(page: Page): Promise<void> {
  await expect.poll(() => page.locator('.captcha img').evaluate((img: HTMLImageElement) => img.complete && img.naturalWidth > 0)).toBe(true);
}

/** The same calls without the page, for tests of something else. */
export async function signIn(page: Page, who: string, to: string): Promise<void> {
  const asked = page.waitForResponse((r) => r.url().endsWith('/api/v1/captcha') && r.request().method() === 'POST');
  await page.goto('/');
  const challenge = (await (await asked).json()) as { id: string; test_answer: string };
  await drawn(page);
  const status = await page.evaluate(
    async ([username, password, role, id, code]) => {
      const answer = await fetch('/api/v1/session', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ username, password, role, captcha_id: id, captcha_answer: code }),
      });
      localStorage.setItem('hmis.signed-in', '1');
      return answer.status;
    },
    [who, PASSWORD, ROLES[who]!, challenge.id, challenge.test_answer],
  );
  expect(status).toBe(201);
  await page.goto(to);
}

/** The one facility of whoever has only one. */
export async function ownFacility(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const session = (await (await fetch('/api/v1/session')).json()) as { facilities: Array<{ code: string }> };
    return session.facilities[0]!.code;
  });
}

export const cell = (page: Page, item: string) => page.locator(`[id="i-${item}"]`);
export const stateOf = (page: Page, item: string) => page.locator(`[id="s-${item}"]`);
export const status = (page: Page) => page.locator('.form-bar .status');

/** What somebody else changed is asked only when the person opens the question, in the tab before them. */
export async function openConflicts(page: Page): Promise<void> {
  const question = page.locator('dialog[open]');
  if (await question.count()) return;
  const open = page.locator('.conflicts button');
  if (!(await open.count())) return;
  await page.bringToFront();
  await open.click({ timeout: 5000 }).catch(() => undefined);
  await expect(question.or(page.locator('.conflicts:not(:has(button))'))).not.toHaveCount(0);
}

/**
 * Closes a tab that has no connection. A browser lets go of its emulated network a moment before the
 * page is gone: without this the tab sometimes sends after all what was to stay on the device.
 */
export async function closeOffline(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.fetch = () => Promise.reject(new TypeError('NetworkError: no connection'));
  });
  await page.close();
}

/** No screen scrolls sideways. */
export async function fits(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), page.url()).toBeLessThanOrEqual(0);
}

/** The form to type into: what was submitted in an earlier run is corrected. */
export async function openForm(page: Page, path: string): Promise<void> {
  await page.goto(path);
  const correct = page.getByRole('button', { name: /Correct this report|यह रिपोर्ट सुधारें/ });
  await expect(page.locator('.form-table').or(correct).first()).toBeVisible();
  const corrects = (await correct.count()) > 0;
  if (corrects) await correct.click();
  await expect(page.locator('.form-table')).toBeVisible();
  // the button is gone: the focus is in the first cell, not at the top of the page
  if (corrects) await expect.poll(() => page.evaluate(() => document.activeElement?.id ?? '')).toMatch(/^i-/);
}

/** On the review page: ticks what is asked to be confirmed. */
export async function confirmAll(page: Page): Promise<void> {
  for (const box of await page.locator('input[id^="confirm."]').all()) await box.check();
}
