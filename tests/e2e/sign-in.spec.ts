import { expect, fits, PHONE, signInByHand, test } from './help';

for (const [where, size, language] of [['a desktop', undefined, 'en'], ['a phone', PHONE, 'hi']] as const)
  test(`a data entry operator signs in and out on ${where}`, async ({ person }) => {
    const page = await person(size, language);
    await signInByHand(page, 'operator', () => page.goto('/'));
    await expect(page.locator('header .unit-who')).toBeVisible();
    await expect(page.locator('h1')).toContainText(/PHC|CHC|SC|UPHC/);
    expect(new URL(page.url()).pathname).toBe('/');
    await fits(page);
    await page.locator(size ? '.menu-button' : 'button.unit').click();
    await page.locator('.tools button', { hasText: language === 'hi' ? 'साइन आउट' : 'Sign out' }).first().click();
    await expect(page.locator('#username')).toBeVisible();
    await page.goto('/reports');
    await expect(page.locator('#username')).toBeVisible();
  });

test('what is missing is named, and each message leads to its field', async ({ person }) => {
  const page = await person();
  await page.goto('/');
  await page.getByRole('button', { name: 'Sign in' }).click();
  const summary = page.getByRole('alert');
  await expect(summary).toBeFocused();
  await expect(summary.getByRole('link')).toHaveText(['Enter your user name', 'Enter your password', 'Choose the role you work in', 'Type the code from the picture or the recording']);
  await summary.getByRole('link', { name: 'Choose the role' }).click();
  await expect(page.locator('#role')).toBeFocused();
});

test('a wrong role is not told from a wrong code, and a code is good for one try', async ({ person, watched }) => {
  watched.allowed = [/^401 POST \/api\/v1\/session$/];
  const page = await person();
  await signInByHand(page, 'viewer', () => page.goto('/'));
  await expect(page.locator('header .unit-who')).toContainText('Viewer');
  const other = await person();
  const first = other.waitForResponse((r) => r.url().endsWith('/api/v1/captcha'));
  await other.goto('/');
  const { id, test_answer: answer } = (await (await first).json()) as { id: string; test_answer: string };
  const messages: string[] = [];
  for (const [role, code] of [['state', answer], ['viewer', '000000x']] as const) {
    await other.locator('#username').fill('viewer');
    await other.locator('#password').fill('Neem-Lantern-Ghat-58');
    await other.locator('#role').selectOption(role);
    await other.locator('#captcha').fill(code);
    const renewed = other.waitForResponse((r) => r.url().endsWith('/api/v1/captcha'));
    await other.getByRole('button', { name: 'Sign in' }).click();
    expect(((await (await renewed).json()) as { id: string }).id).not.toBe(id);
    messages.push(await other.getByRole('alert').innerText());
  }
  expect(messages[0]).toBe(messages[1]);
  expect(messages[0]).toContain('check user name, password, role and the code');
  await expect(other.locator('#password')).toHaveValue('Neem-Lantern-Ghat-58');
});

test('the code can be renewed and heard', async ({ person }) => {
  const page = await person();
  await page.goto('/');
  const image = page.locator('.captcha img');
  await expect(image).toHaveJSProperty('complete', true);
  expect(await image.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(50);
  const before = await image.getAttribute('src');
  await page.getByRole('button', { name: 'New code' }).click();
  await expect(image).not.toHaveAttribute('src', before!);
  const heard = page.waitForResponse((r) => r.url().includes('/audio.wav'));
  await page.getByRole('button', { name: 'Listen' }).click();
  expect((await heard).headers()['content-type']).toBe('audio/wav');
});

test('a code that cannot be loaded is said as such, with a way to try again', async ({ person, watched }) => {
  watched.allowed = [/^503 /];
  const page = await person();
  await page.route('**/api/v1/captcha/*/image.png', (route) => route.abort());
  await page.goto('/');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('The picture of the code could not be loaded');
  await page.unroute('**/api/v1/captcha/*/image.png');
  await alert.getByRole('button', { name: 'Load a new code' }).click();
  await expect(alert).toHaveCount(0);
  await expect(page.locator('.captcha img')).toHaveJSProperty('complete', true);
  await page.route('**/api/v1/captcha', (route) => route.fulfill({ status: 503, body: '{}' }));
  await page.getByRole('button', { name: 'New code' }).click();
  await expect(alert).toContainText('There is no code yet');
});

test('the language is switched and kept', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ baseURL, locale: 'en-IN' });
  const page = await context.newPage();
  await page.goto('/');
  await expect(page.locator('h1')).toHaveText('Sign in');
  await page.getByRole('button', { name: 'हिन्दी' }).click();
  await expect(page.locator('h1')).toHaveText('साइन इन करें');
  await expect(page.locator('html')).toHaveAttribute('lang', 'hi');
  await page.reload();
  await expect(page.locator('h1')).toHaveText('साइन इन करें');
  await context.close();
});

test('signing out everywhere ends the other browser, too', async ({ person, watched }) => {
  watched.allowed = [/^401 /];
  const one = await person();
  const other = await person();
  await signInByHand(one, 'block', () => one.goto('/'));
  await expect(one.locator('header .unit-who')).toBeVisible();
  await signInByHand(other, 'block', () => other.goto('/'));
  await expect(other.locator('header .unit-who')).toBeVisible();
  await one.locator('button.unit').click();
  await one.getByRole('button', { name: 'Sign out everywhere' }).click();
  await one.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(one.locator('#username')).toBeVisible();
  await other.getByRole('link', { name: 'Reports', exact: true }).click();
  await expect(other.getByRole('dialog', { name: 'Your session has ended' })).toBeVisible();
});
