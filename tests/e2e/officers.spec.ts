import { expect, PHONE, signIn, test } from './help';

test('the state reads its report, drills down to a district and takes it as CSV', async ({ person }) => {
  const page = await person();
  await signIn(page, 'state', '/itemwise?period=2022-04&show=public,private,urban,rural');
  const head = page.locator('table.itemwise thead');
  await expect(head).toContainText('Andhra Pradesh');
  const row = page.locator('table.itemwise tr', { has: page.locator('button.chart-button', { hasText: /^1\.1 / }) }).first();
  const figures = (await row.locator('td').allInnerTexts()).slice(0, 5).map((text) => Number(text.replace(/,/g, '')));
  // total = public + private = urban + rural
  expect(figures[1]! + figures[2]!).toBe(figures[0]);
  expect(figures[3]! + figures[4]!).toBe(figures[0]);
  expect(figures[0]).toBeGreaterThan(10_000);

  const csv = await page.evaluate(async (href) => (await fetch(href)).text(), (await page.getByRole('link', { name: 'CSV' }).getAttribute('href'))!);
  expect(csv).toContain('Provisional');
  expect(csv).toContain('1.1');

  const district = head.getByRole('button').first();
  const name = await district.innerText();
  await district.click();
  await expect(page.locator('.report-head')).toContainText(name);
  await page.getByRole('button', { name: 'Andhra Pradesh' }).click();
  await expect(page.locator('.report-head')).toContainText('Andhra Pradesh');
});

test('validation summary and reporting status', async ({ person }) => {
  const page = await person(PHONE);
  await signIn(page, 'district', '/validation?period=2022-05&form=PHC');
  await expect(page.locator('table.validation tbody tr').first()).toContainText('PHC-');
  await page.goto('/reporting?period=2022-05');
  await page.locator('table.reporting tbody a').first().click();
  await expect(page.locator('table.reporting tbody a').first()).toHaveAttribute('href', /\/facility\//);
});

test('a file is checked, refused rows are told, nothing is stored', async ({ person }) => {
  const page = await person();
  await signIn(page, 'district', '/imports');
  const facility = await page.evaluate(async () => ((await (await fetch('/api/v1/facilities?type=PHC')).json()) as { facilities: Array<{ code: string }> }).facilities[0]!.code);
  await page.locator('#format').selectOption('long');
  await page.locator('#file').setInputFiles({
    name: 'figures.csv', mimeType: 'text/csv',
    buffer: Buffer.from(`facility_code,month,item,value\n${facility},2023-01,1.1,12\n${facility},2023-01,1.1.1,-4\nnowhere,2023-01,1.1,3\n`),
  });
  await page.getByRole('button', { name: 'Check the file' }).click();
  await expect(page).toHaveURL(/\/imports\/\d+$/);
  await expect(page.locator('main')).toContainText('The file has been checked; nothing was stored');
  await expect(page.locator('main')).toContainText('2 rows were refused');
  const refused = await page.evaluate(async (href) => (await fetch(href)).text(), (await page.getByRole('link', { name: 'Download the refused rows' }).getAttribute('href'))!);
  expect(refused).toContain('nowhere');
  expect(refused).toContain('-4');
});

test('a viewer is offered neither entry nor import', async ({ person }) => {
  const page = await person();
  await signIn(page, 'viewer', '/');
  await expect(page.getByRole('link', { name: 'Item-wise report' }).first()).toBeVisible();
  await expect(page.getByRole('link', { name: 'Enter figures' })).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Import' })).toHaveCount(0);
});

test('a facility reads its own months and nobody else’s', async ({ person, watched }) => {
  watched.allowed = [/^404 GET \/api\/v1\/(itemwise|areas\/)/];
  const page = await person();
  await signIn(page, 'operator.several', '/itemwise?period=2022-06&show=none');
  await expect(page.locator('table.itemwise thead')).toContainText('April 2022');
  await expect(page.locator('#facility option')).not.toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Reporting status' })).toHaveCount(0);
  await page.goto('/itemwise?period=2022-06&area=facility-9900001');
  await expect(page.getByRole('alert')).toContainText('not yours to see');
});
