// Several people and tabs in one browser, and a connection that comes and goes.
import type { Page } from './base';
import { expect, signIn, signInByHand, test } from './help';

/** One more tab of the same browser. */
async function tab(page: Page, path: string): Promise<Page> {
  const other = await page.context().newPage();
  await other.goto(path);
  await expect(other.locator('h1').first()).toBeVisible();
  return other;
}

async function signOutIn(page: Page, who: string): Promise<void> {
  await page.locator('button.unit').click();
  await signInByHand(page, who, () => page.locator('.tools > button').first().click());
}

test('another person signs in in a second tab: the first covers itself and says who', async ({ person, watched }) => {
  watched.allowed = [/^(401|409) /, /^404 GET \/api\/v1\/captcha\//];
  const page = await person();
  await signIn(page, 'state', '/reporting?period=2022-05');
  await expect(page.locator('table.reporting')).toBeVisible();
  const second = await tab(page, '/');
  await signOutIn(second, 'operator');
  const cover = page.getByRole('dialog', { name: /is signed in here now/ });
  await expect(cover).toContainText('PHC Vatticherukuru');
  await expect(page.locator('table.reporting')).toBeHidden();
  await expect(page.locator('header')).toBeHidden();

  await test.step('going on as the other loads the page anew', async () => {
    await cover.getByRole('button', { name: /^Go on as/ }).click();
    await expect(page.locator('h1')).toContainText('PHC Vatticherukuru');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  });
});

test('the server refuses a page of somebody else, and the first can sign in again over it', async ({ person, watched }) => {
  watched.allowed = [/^(401|409) /, /^404 GET \/api\/v1\/captcha\//];
  const page = await person();
  await signIn(page, 'state', '/reporting?period=2022-05');
  await expect(page.locator('table.reporting')).toBeVisible();
  // a tab of another kind that tells nobody: only the server knows
  const second = await page.context().newPage();
  await second.addInitScript(() => Object.defineProperty(Storage.prototype, 'setItem', { value: () => undefined }));
  await second.goto('/account');
  await signOutIn(second, 'district');
  await page.getByRole('link', { name: 'Reports', exact: true }).click();
  const cover = page.getByRole('dialog', { name: /is signed in here now/ });
  await expect(cover).toContainText('Guntur');
  await expect(page.locator('main')).toBeHidden();
  await signInByHand(page, 'state', () => cover.getByRole('button', { name: /^Sign in again as/ }).click());
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.locator('main table')).toBeVisible();
  await expect(page.locator('header .unit-name')).toContainText('Andhra Pradesh');
});

test('the same person signs in again in another tab: this one goes on with the new session', async ({ person, watched }) => {
  watched.allowed = [/^(401|403) /, /^404 GET \/api\/v1\/captcha\//];
  const page = await person();
  await signIn(page, 'state', '/reporting?period=2022-05');
  await expect(page.locator('table.reporting')).toBeVisible();
  const second = await tab(page, '/');
  await second.locator('button.unit').click();
  const gone = page.getByRole('dialog', { name: 'Your session has ended' });
  await signInByHand(second, 'state', async () => {
    await second.locator('.tools > button').first().click();
    await expect(gone).toBeVisible();
  });
  await expect(gone).toHaveCount(0);
  await page.getByRole('link', { name: 'Reports', exact: true }).click();
  await expect(page.locator('main table')).toBeVisible();
});

test('without a connection each screen says so, and comes when it is back', async ({ person, watched }) => {
  watched.allowed = [/ERR_INTERNET|NetworkError|Load failed|Failed to fetch|error loading dynamically/];
  const page = await person();
  await signIn(page, 'state', '/reporting?period=2022-05');
  await expect(page.locator('table.reporting')).toBeVisible();
  await page.context().setOffline(true);
  await page.locator('table.reporting tbody a').first().click();
  await expect(page.locator('main .alert')).toContainText('No connection');
  await expect(page.locator('main').getByRole('button', { name: 'Try again' })).toBeVisible();
  await expect(page.locator('.bar-offline')).toBeVisible();
  // a screen whose part of the application was never loaded
  await page.getByRole('link', { name: 'Validation', exact: true }).click();
  await expect(page.locator('h1')).toHaveText('No connection');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.locator('h1')).toHaveText('No connection');
  await page.context().setOffline(false);
  await expect(page.locator('h1')).toContainText('Validation summary', { timeout: 20_000 });
  await expect(page.locator('.bar-offline')).toBeHidden();
});

test('a download that needs the server says so', async ({ person, watched }) => {
  watched.allowed = [/ERR_INTERNET|NetworkError|Load failed/];
  const page = await person();
  await signIn(page, 'state', '/itemwise?period=2022-05');
  await expect(page.getByRole('link', { name: 'CSV file' })).toBeVisible();
  await page.context().setOffline(true);
  await expect(page.locator('.bar-offline')).toBeVisible({ timeout: 15_000 });
  await expect(page.getByRole('link', { name: 'CSV file' })).toHaveCount(0);
  await expect(page.locator('.needs-server')).toHaveText('needs a connection');
  await expect(page.getByRole('button', { name: 'Print' })).toBeEnabled();
  await page.context().setOffline(false);
  await expect(page.getByRole('link', { name: 'CSV file' })).toBeVisible({ timeout: 20_000 });
});
