// Nothing typed is lost: not by an ended session, a lost connection, a closed page or another person.
import { cell, expect, ownFacility, signIn, signInByHand, stateOf, status, test } from './help';

test('the session ends in mid-entry: sign in over the page and go on', async ({ person, month, watched }) => {
  watched.allowed = [/^401 PATCH /];
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  await page.goto(`/report/${facility}/PHC/${month(7)}`);
  const value = 30 + (Math.floor(Date.now() / 1000) % 60); // another one in each run
  await cell(page, '1.1').fill(String(value));
  await expect(stateOf(page, '1.1')).toContainText(/Saved|Check/);
  await page.evaluate(async () => {
    const session = (await (await fetch('/api/v1/session')).json()) as { csrf_token: string };
    await fetch('/api/v1/session', { method: 'DELETE', headers: { 'X-CSRF-Token': session.csrf_token } });
  });
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  await signInByHand(page, 'operator', async () => {
    await cell(page, '1.1.1').fill(String(value - 1));
    await expect(dialog).toBeVisible();
    await expect(dialog.locator('#password')).toBeFocused();
  });
  await expect(dialog).toBeHidden();
  await expect(cell(page, '1.1.1')).toHaveValue(String(value - 1));
  await expect(stateOf(page, '1.1.1')).toContainText(/Saved|Check/);
  await page.reload();
  await expect(cell(page, '1.1.1')).toHaveValue(String(value - 1));
});

test('the connection is lost: kept on the device, sent when it is back', async ({ person, month, watched }) => {
  watched.allowed = [/ERR_INTERNET|NetworkError|Load failed/];
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  await page.goto(`/report/${facility}/PHC/${month(8)}`);
  const value = String(10 + (Math.floor(Date.now() / 1000) % 80));
  await expect(cell(page, '1.1')).toBeVisible();
  await page.context().setOffline(true);
  await cell(page, '1.1').fill(value);
  await expect(status(page)).toContainText('1 kept on this device, will be sent');
  await expect(page.locator('.bar-offline')).toContainText('1 figure is kept on this device');
  await page.context().setOffline(false);
  await expect(stateOf(page, '1.1')).toContainText(/Saved|Check/, { timeout: 20_000 });
  await expect(page.locator('.bar-offline')).toBeHidden();
});

test('the page is closed before anything was sent: put back when the report is opened again', async ({ person, month, watched }) => {
  watched.allowed = [/ERR_INTERNET|NetworkError|Load failed/];
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  const form = `/report/${facility}/PHC/${month(9)}`;
  await page.goto(form);
  await expect(cell(page, '1.1')).toBeVisible();
  const value = String(100 + (Math.floor(Date.now() / 1000) % 800));
  await page.context().setOffline(true);
  await cell(page, '1.1').fill(value);
  await expect(status(page)).toContainText('kept on this device');
  await page.close();
  await page.context().setOffline(false);
  const again = await page.context().newPage();
  await again.goto('/');
  await expect(again.locator('main')).toContainText('Figures on this device have not been sent');
  await again.goto(form);
  await expect(again.locator('main')).toContainText('1 figure typed earlier on this device was put back');
  await expect(cell(again, '1.1')).toHaveValue(value);
  await expect(stateOf(again, '1.1')).toContainText(/Saved|Check/);
  await again.reload();
  await expect(cell(again, '1.1')).toHaveValue(value);
  await expect(again.locator('main')).not.toContainText('put back');
});

test('two people type the same cell: both figures are shown, one is chosen', async ({ person, month, watched }) => {
  watched.allowed = [/^409 PATCH /];
  const one = await person();
  await signIn(one, 'operator', '/');
  const facility = await ownFacility(one);
  const form = `/report/${facility}/PHC/${month(10)}`;
  const other = await person();
  await signIn(other, 'doctor', form);
  await one.goto(form);
  await expect(cell(one, '1.1')).toBeVisible();
  await expect(cell(other, '1.1')).toBeVisible();
  const base = 100 + (Math.floor(Date.now() / 1000) % 800);
  await cell(one, '1.1').fill(String(base));
  await cell(one, '1.2.2').fill(String(base + 5));
  await expect(stateOf(one, '1.2.2')).toContainText(/Saved|Check/);
  await cell(other, '1.1').fill(String(base + 1));
  const dialog = other.getByRole('dialog', { name: 'Somebody else changed the same figures' });
  await expect(dialog).toContainText(`Theirs: ${base}`);
  // what only the first one typed has come over without a question
  await expect(cell(other, '1.2.2')).toHaveValue(String(base + 5));
  await dialog.getByRole('button', { name: `Yours: ${base + 1}` }).click();
  await expect(dialog).toBeHidden();
  await expect(status(other)).toContainText('All saved');
  await one.reload();
  await expect(cell(one, '1.1')).toHaveValue(String(base + 1));
});

test('the draft can be thrown away', async ({ person, month }) => {
  const page = await person();
  await signIn(page, 'operator', '/');
  const facility = await ownFacility(page);
  await page.goto(`/report/${facility}/PHC/${month(11)}`);
  await cell(page, '1.1').fill('12');
  await expect(stateOf(page, '1.1')).toContainText('Saved');
  await page.goto(`/report/${facility}/PHC/${month(11)}/review`);
  await page.getByRole('button', { name: 'Throw the draft away' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Throw the draft away' }).click();
  await expect(page).toHaveURL(new RegExp(`/facility/${facility}`));
  await page.goto(`/report/${facility}/PHC/${month(11)}`);
  await expect(cell(page, '1.1')).toHaveValue('');
});
