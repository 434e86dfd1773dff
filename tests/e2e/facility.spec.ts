// The page of a facility: what it is, how it became so, what would change; and what is due of it.
import { expect, fits, PHONE, signIn, test } from './help';

interface Listed {
  facilities: Array<{ code: string; name: string }>;
}

test('a facility is renamed from a day on: shown first, then done, then in its history', async ({ person, browserName }) => {
  const page = await person();
  await signIn(page, 'state', '/facilities?type=SC');
  const listed = await page.evaluate(async () => (await (await fetch('/api/v1/facilities?type=SC')).json()) as Listed);
  const one = listed.facilities[browserName === 'firefox' ? 1 : 0]!;
  await page.goto(`/facility/${one.code}`);
  await page.locator('details.acts > summary').click();
  const act = page.locator('details.acts');
  await act.locator('#act').selectOption('name');
  await act.getByRole('button', { name: 'Show what it changes' }).click();
  await expect(act.getByRole('alert')).toContainText('Say what it is now');
  const name = `SC Renamed ${Date.now() % 100_000}`;
  await act.locator('#name').fill(name);
  await act.locator('#from').fill('01/02/2023');
  await act.locator('#reason').fill('Order 17 of the district');
  await act.getByRole('button', { name: 'Show what it changes' }).click();
  await expect(act.locator('.alert.info')).toContainText(name);
  await expect(page.locator('h1')).not.toContainText(name);
  await act.getByRole('button', { name: 'Make the change' }).click();
  await expect(act.locator('.alert.success')).toContainText('The change is recorded');
  await expect(page.locator('h1')).toHaveText(name);
  await page.locator('details.history > summary').click();
  await expect(page.locator('details.history tbody tr').first()).toContainText('since 1 February 2023');
  await expect(page.locator('details.history tbody strong').first()).toHaveText(name);
  await fits(page);
});

test('who may not change a facility is not offered to', async ({ person }) => {
  const page = await person();
  await signIn(page, 'district', '/facilities?type=PHC');
  await page.locator('main .list a').first().click();
  await expect(page.locator('.months .month').first()).toBeVisible();
  await expect(page.locator('details.acts')).toHaveCount(0);
});

test('what is due: the due month of every facility first, then every older one, oldest first, late ones marked', async ({ person }) => {
  const page = await person(PHONE);
  await signIn(page, 'operator.several', '/');
  const due = page.locator('.due');
  const months = due.locator('.due-line');
  await expect(months.first()).toBeVisible();
  const told = await page.evaluate(async () => (await (await fetch('/api/v1/due')).json()) as { total: number; items: Array<{ period: string; facility: { name: string }; late: boolean }> });
  await expect(due.locator('h2 .tag')).toHaveText(`${told.total} months open`);
  await expect(months).toHaveCount(told.items.length);
  const due_period = await page.evaluate(async () => ((await (await fetch('/api/v1/session')).json()) as { due_period: string }).due_period);
  const periods = told.items.map((item) => item.period);
  const older = periods.filter((one) => one !== due_period);
  expect(periods).toEqual([...periods.filter((one) => one === due_period), ...older.sort()]);
  await expect(due.getByRole('heading', { name: 'Due now' })).toBeVisible();
  await expect(due.locator('.tag.bad')).toHaveCount(told.items.filter((item) => item.late).length);
  for (const facility of new Set(told.items.map((item) => item.facility.name))) await expect(due.getByRole('link', { name: facility, exact: true }).first()).toBeVisible();
  await due.getByRole('button', { name: 'Next' }).click();
  await expect(page).toHaveURL(/page=2/);
  await page.goBack();
  await expect(months).toHaveCount(told.items.length);
  await months.first().getByRole('link').first().click();
  await expect(page).toHaveURL(/\/report\//);
});
