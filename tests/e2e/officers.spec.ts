import { expect, PHONE, signIn, test } from './help';

test('the state reads its report, drills down to a district and takes it as CSV', async ({ person }) => {
  const page = await person();
  await signIn(page, 'state', '/itemwise?period=2022-04&show=public,private,urban,rural');
  const head = page.locator('table.itemwise thead');
  await expect(head).toContainText('Andhra Pradesh');
  const row = page.locator('table.itemwise tr', { has: page.locator('a.chart-button', { hasText: /^1\.1 / }) }).first();
  const figures = (await row.locator('td').allInnerTexts()).slice(0, 5).map((text) => Number(text.replace(/,/g, '')));
  // total = public + private = urban + rural
  expect(figures[1]! + figures[2]!).toBe(figures[0]);
  expect(figures[3]! + figures[4]!).toBe(figures[0]);
  expect(figures[0]).toBeGreaterThan(10_000);

  const csv = await page.evaluate(async (href) => (await fetch(href)).text(), (await page.getByRole('link', { name: 'CSV' }).getAttribute('href'))!);
  expect(csv).toContain('Provisional');
  expect(csv).toContain('1.1');

  const district = head.getByRole('link').first();
  const name = await district.innerText();
  await district.click();
  await expect(page.locator('.report-head')).toContainText(name);
  // where one has come to can be sent on, and Back leads out of it
  await expect(page).toHaveURL(/area=\d+/);
  await page.locator('#section').selectOption('M2');
  await expect(page).toHaveURL(/section=M2/);
  await page.goBack();
  await expect(page.locator('#section')).toHaveValue('M1');
  await page.goBack();
  await expect(page.locator('.report-head')).toContainText('Andhra Pradesh');
  await page.goForward();
  await expect(page.locator('.report-head')).toContainText(name);
  await page.getByRole('link', { name: 'Andhra Pradesh' }).click();
  await expect(page.locator('.report-head')).toContainText('Andhra Pradesh');
});

test('on paper the report has all its columns, heads repeated on each page', async ({ person, browserName }) => {
  test.skip(browserName === 'firefox', 'WebDriver BiDi does not know print media');
  const page = await person();
  await signIn(page, 'state', '/itemwise?period=2022-04');
  const columns = page.locator('table.itemwise thead tr:first-child th.col');
  await expect(columns.first()).toBeVisible();
  const names = await columns.allInnerTexts();
  expect(names.length).toBeGreaterThan(20);
  await page.emulateMedia({ media: 'print' });
  await expect(page.locator('.paper-part')).toHaveCount(Math.ceil(names.length / 4));
  expect(await columns.allInnerTexts()).toEqual(names);
  for (const part of await page.locator('.paper-part').all()) await expect(part.locator('thead .stick')).toHaveText('Item');
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
  expect(pdf).toContain('/MediaBox [0 0 841');
  await page.emulateMedia({ media: 'screen' });
  await expect(page.locator('.paper-part')).toHaveCount(0);
});

test('screens open on the month that is due and lead to the newest with figures', async ({ person }) => {
  const page = await person();
  await signIn(page, 'viewer', '/');
  const due = await page.evaluate(async () => ((await (await fetch('/api/v1/session')).json()) as { due_period: string }).due_period);
  const name = await page.evaluate((period) => new Date(`${period}-15`).toLocaleString('en-GB', { month: 'long', year: 'numeric' }), due);
  await expect(page.locator('h1')).toContainText(name);
  for (const path of ['/reporting', '/itemwise', '/validation']) {
    await page.goto(path);
    await expect(page.locator('.empty')).toContainText(`No report of ${name} was sent`);
    await page.getByRole('link', { name: /^Show / }).click();
    await expect(page).toHaveURL(/period=20\d\d-\d\d/);
    await expect(page.locator('.empty')).toHaveCount(0);
    await expect(page.locator('table').first()).toBeAttached(); // rules without a finding are folded away
    await page.goBack();
    await expect(page.locator('.empty')).toContainText(name);
  }
});

test('validation summary and reporting status', async ({ person }) => {
  const page = await person(PHONE);
  await signIn(page, 'district', '/validation?period=2022-05&form=PHC');
  await expect(page.locator('table.validation tbody tr').first()).toContainText('PHC-');
  // a rule leads to its facilities, a facility to the cell
  const rule = page.locator('table.validation tbody a').first();
  const [code] = (await rule.innerText()).split(' ');
  await rule.click();
  await expect(page).toHaveURL(new RegExp(`rule=${code}`));
  await expect(page.locator('.chosen-rule h2')).toBeFocused();
  const facility = page.locator('.chosen-rule tbody a').first();
  const [, item] = /item=(.+)$/.exec((await facility.getAttribute('href'))!)!;
  await facility.click();
  const row = page.locator(`[id="r-${decodeURIComponent(item!)}"]`);
  await expect(row).toBeFocused();
  await expect(row).toBeInViewport();
  await page.goBack();
  await expect(page.locator('.chosen-rule h2')).toHaveText(code!);
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
  await expect(page.locator('main')).toContainText('2 lines were refused');
  const refused = await page.evaluate(async (href) => (await fetch(href)).text(), (await page.getByRole('link', { name: 'Download what was refused' }).getAttribute('href'))!);
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
