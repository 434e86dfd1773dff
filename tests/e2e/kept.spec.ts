// What is kept on the device: by tabs, by visits, by persons; and remarks, one by one.
import { cell, closeOffline, expect, openForm, ownFacility, signIn, signInByHand, stateOf, status, test } from './help';

const lost = [/ERR_INTERNET|ERR_FAILED|NetworkError|Load failed/];
const some = () => 100 + (Math.floor(Date.now() / 1000) % 800);

test('two tabs without a connection, both closed: what was typed in each is there and is sent', async ({ person, month, watched }) => {
  watched.allowed = lost;
  const one = await person();
  await signIn(one, 'operator', '/');
  const context = one.context();
  const form = `/report/${await ownFacility(one)}/PHC/${month(4)}`;
  await openForm(one, form);
  const two = await context.newPage();
  await openForm(two, form);
  await context.setOffline(true);
  const value = some();
  await cell(one, '1.1').fill(String(value));
  await cell(two, '1.1.1').fill(String(value - 50));
  await expect(cell(two, '1.1')).toHaveValue(String(value)); // typed in one, seen in the other
  await expect(status(two)).toContainText('2 kept on this device');
  await closeOffline(one);
  await closeOffline(two);
  await context.setOffline(false);
  const again = await context.newPage();
  await openForm(again, form);
  await expect(again.locator('main')).toContainText('2 figures typed earlier on this device were put back');
  await expect(stateOf(again, '1.1.1')).toContainText(/Saved|Check/);
  await again.reload();
  await expect(cell(again, '1.1')).toHaveValue(String(value));
  await expect(cell(again, '1.1.1')).toHaveValue(String(value - 50));
});

test('a form left while its save fails and opened again is the same draft', async ({ person, month, watched }) => {
  watched.allowed = lost;
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  const form = `/report/${facility}/PHC/${month(5)}`;
  await openForm(page, form);
  const value = some();
  await page.route('**/draft', (route) => route.abort());
  await cell(page, '1.1').fill(String(value));
  await expect(status(page)).toContainText('1 kept on this device');
  await page.locator('.form-actions a').first().click();
  await expect(page.locator('.form-table')).toHaveCount(0);
  await page.goBack();
  await expect(cell(page, '1.1')).toHaveValue(String(value));
  await cell(page, '1.1').fill(String(value + 1));
  await page.unroute('**/draft');
  await page.locator('button[lang=hi]').locator('visible=true').click();
  await expect(cell(page, '1.1')).toHaveValue(String(value + 1));
  await page.locator('button[lang=en]').locator('visible=true').click();
  await expect(stateOf(page, '1.1')).toContainText(/Saved|Check/, { timeout: 20_000 });
  await page.waitForTimeout(2500); // no timer of an older draft wakes and writes the older figure
  await page.reload();
  await expect(cell(page, '1.1')).toHaveValue(String(value + 1));
});

test('a remark that is refused is shown as such, and all else is saved; remarks are merged one by one', async ({ person, month, watched }) => {
  watched.allowed = [/^4(22|09) PATCH /];
  const page = await person();
  await signIn(page, 'operator', '/');
  const form = `/report/${await ownFacility(page)}/PHC/${month(12)}`;
  await openForm(page, form);
  const doctor = await person();
  await signIn(doctor, 'doctor', '/account');
  await openForm(doctor, form);
  const value = String(some());
  const remark = async (of: typeof page, item: string, text: string) => {
    await cell(of, item).focus();
    await of.keyboard.press('F2');
    await of.locator('.remark textarea').fill(text);
    await of.keyboard.press('Escape');
    // the focus goes back to where it came from (a window behind another has none to show)
    await expect.poll(() => of.evaluate(() => document.activeElement?.id)).toBe(`i-${item}`);
  };
  await remark(page, '1.1', `pasted\u0001${value}`);
  await cell(page, '1.2.1').fill(value);
  await expect(page.locator('[id="m-1.1"] .note.bad')).toContainText(/control|नियंत्रण/);
  await expect(stateOf(page, '1.2.1')).toContainText(/Saved|Check/);
  await remark(page, '1.1', `camp ${value}`);
  await expect(page.locator('[id="m-1.1"] .note.bad')).toHaveCount(0);
  await expect(status(page)).toContainText('All saved');

  await remark(doctor, '1.2.2', `rewritten ${value}`);
  await expect(status(doctor)).toContainText('All saved');
  await remark(page, '1.2.3', `mine ${value}`);
  await expect(status(page)).toContainText('All saved');
  await page.reload();
  for (const [item, text] of [['1.1', 'camp'], ['1.2.2', 'rewritten'], ['1.2.3', 'mine']] as const)
    await expect(page.locator(`[id="m-${item}"]`)).toContainText(`${text} ${value}`);
});

test('another person in the browser neither sees nor sends it; it is there when the first comes back', async ({ person, month, watched }) => {
  watched.allowed = [...lost, /^401 /];
  const page = await person();
  await signIn(page, 'operator', '/');
  const form = `/report/${await ownFacility(page)}/PHC/${month(3)}`;
  await openForm(page, form);
  const before = await cell(page, '1.1').inputValue();
  const value = String(some());
  await page.route('**/draft', (route) => route.abort());
  await cell(page, '1.1').fill(value);
  await expect(status(page)).toContainText('kept on this device');
  await page.unroute('**/draft');
  await page.evaluate(async () => {
    const { csrf_token: token, account_id: id } = await (await fetch('/api/v1/session')).json();
    await fetch('/api/v1/session', { method: 'DELETE', headers: { 'X-CSRF-Token': token, 'HMIS-Person': String(id) } });
  });
  await signInByHand(page, 'doctor', () => page.goto('/'));
  await openForm(page, form);
  await expect(cell(page, '1.1')).toHaveValue(before);
  await page.waitForTimeout(1500);
  await page.evaluate(async () => {
    const { csrf_token: token, account_id: id } = await (await fetch('/api/v1/session')).json();
    await fetch('/api/v1/session', { method: 'DELETE', headers: { 'X-CSRF-Token': token, 'HMIS-Person': String(id) } });
  });
  await signInByHand(page, 'operator', () => page.goto('/'));
  await openForm(page, form);
  await expect(cell(page, '1.1')).toHaveValue(value);
  await expect(stateOf(page, '1.1')).toContainText(/Saved|Check/);
});
